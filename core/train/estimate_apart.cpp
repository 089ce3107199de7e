#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/launcher.h"
#include "runs/temporary_folder.h"
#include "tensor/atomic_file.h"
#include "train/estimate.h"

#include <csignal>

namespace icae {

TrainEstimate estimateApart(std::string_view job, const std::filesystem::path& folder, const std::string& device,
                            const std::stop_token& stop)
{
    const TemporaryFolder place;
    const auto file = place.path() / "job.json";
    writeFile(file, job);
    std::vector<std::string> arguments{"train", file.string(), "--data", folder.string(), "--dry-step", "--json"};
    if (!device.empty())
        arguments.insert(arguments.end(), {"--device", device});
    auto preparing = arguments;
    preparing.emplace_back("--prepare");
    auto child = runApart(preparing, stop);
    if (child.signal == SIGKILL)
        throw Error(ErrorKind::OutOfMemory, "The system ended the tokenising of the job's texts for want of memory.",
                    "Split their files into smaller ones, or close other programs.");
    if (child.signal == 0 && child.code == 0)
        child = runApart(arguments, stop);
    if (child.signal == SIGKILL) { // the system takes memory back this way
        TrainEstimate estimate;
        estimate.fits = false;
        estimate.advice = "The system ended it for want of memory. Halve batch_tokens and double accumulate.";
        return estimate;
    }
    if (child.signal != 0 || child.code != 0)
        throw errorSaid(child.error)
            .value_or(Error(ErrorKind::Internal, "The job could not be measured.", "See the details.", child.error));
    return fromJson<TrainEstimate>(JsonReader::parse(child.output, "the estimate"));
}

} // namespace icae
