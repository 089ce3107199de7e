#include "engine/engine_settings.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "runs/places.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

namespace icae {

namespace fs = std::filesystem;

EngineSettings readEngineSettings()
{
    const auto file = engineSettingsFile();
    std::error_code fault;
    if (!fs::exists(file, fault))
        return {};
    return fromJson<EngineSettings>(JsonReader::parse(readTextFile(file), file.string()));
}

void changeEngineFolder(std::string EngineSettings::*member, const std::string& folder, const std::string& standard)
{
    const bool isDefault = folder == "default";
    if (!isDefault && !fs::path(folder).is_absolute())
        throw Error(ErrorKind::InvalidInput, "\"" + folder + "\" is no absolute path.",
                    "Name a folder on the engine's machine, from its root.");
    auto settings = readEngineSettings();
    settings.*member = isDefault ? std::string() : folder;
    std::error_code fault;
    fs::create_directories(isDefault ? standard : folder, fault);
    if (!fault)
        fs::create_directories(engineSettingsFile().parent_path(), fault);
    if (fault)
        throw Error(ErrorKind::Io, "The folder " + folder + " cannot be made: " + fault.message() + ".",
                    "Choose a folder that you may write to.");
    writeFile(engineSettingsFile(), jsonText(FieldWriter::encode(settings), 1) + "\n");
}

} // namespace icae
