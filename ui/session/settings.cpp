#include "session/settings.h"

#include <QDir>
#include <QFileInfo>
#include <QMetaEnum>
#include <QProcess>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace icae {

namespace {

constexpr auto engineCommandKey = "engine/command";
constexpr auto modelFoldersKey = "models/folders";
constexpr auto themeKey = "look/theme";
constexpr auto fontSizeKey = "look/font_size";
constexpr auto monospaceKey = "look/monospace_texts";
constexpr auto scrollLockedKey = "compress/scroll_locked";
constexpr auto recentFilesKey = "files/recent";
constexpr auto geometryKey = "window/geometry";
constexpr auto stateKey = "window/state";
constexpr auto pageKey = "window/page";
constexpr auto studyKey = "study/current";
constexpr auto trainingRunKey = "train/run";
constexpr auto runFoldersKey = "train/folders";

QString splitterKey(const QString& name)
{
    return u"window/splitter_"_s + name;
}

QString key(const char* name)
{
    return QString::fromLatin1(name);
}

} // namespace

Settings::Settings(QObject* parent)
    : QObject(parent)
    , m_store(QSettings::IniFormat, QSettings::UserScope, u"icae-explorer"_s, u"icae-explorer"_s)
{
}

Settings::Settings(const QString& file, QObject* parent)
    : QObject(parent)
    , m_store(file, QSettings::IniFormat)
{
}

bool Settings::set(const QString& key, const QVariant& value)
{
    if (m_store.contains(key) && m_store.value(key) == value)
        return false;
    m_store.setValue(key, value);
    return true;
}

QString Settings::engineHost() const
{
    const auto words = QProcess::splitCommand(engineCommand());
    if (words.isEmpty() || words.front().section(u'/', -1) != u"ssh"_s)
        return {};
    const auto takesValue = QStringLiteral("BbcDEeFIiJLlmOopQRSWw"); // of ssh's options
    for (qsizetype i = 1; i < words.size(); ++i) {
        const auto& word = words[i];
        if (!word.startsWith(u'-'))
            return word;
        if (word.size() == 2 && takesValue.contains(word[1]))
            ++i;
    }
    return {};
}

QString Settings::engineCommand() const
{
    return m_store.value(key(engineCommandKey)).toString();
}

void Settings::setEngineCommand(const QString& commandLine)
{
    if (set(key(engineCommandKey), commandLine))
        Q_EMIT engineCommandChanged();
}

QStringList Settings::modelFolders() const
{
    return m_store.value(key(modelFoldersKey)).toStringList();
}

void Settings::setModelFolders(const QStringList& folders)
{
    if (set(key(modelFoldersKey), folders))
        Q_EMIT modelFoldersChanged();
}

Settings::Model Settings::model() const
{
    Model model;
    model.base = m_store.value(u"model/base"_s).toString();
    model.adapter = m_store.value(u"model/adapter"_s).toString();
    model.device = m_store.value(u"model/device"_s, model.device).toString();
    model.dtype = m_store.value(u"model/dtype"_s, model.dtype).toString();
    return model;
}

void Settings::setModel(const Model& model)
{
    set(u"model/base"_s, model.base);
    set(u"model/adapter"_s, model.adapter);
    set(u"model/device"_s, model.device);
    set(u"model/dtype"_s, model.dtype);
}

Settings::Compression Settings::compression() const
{
    Compression value;
    value.slotsPerSpan = std::max(0, m_store.value(u"compress/slots"_s).toInt());
    value.spanTokens = std::max(0, m_store.value(u"compress/span_tokens"_s).toInt());
    value.temperature = std::clamp(m_store.value(u"compress/temperature"_s).toDouble(), 0.0, 10.0);
    value.topK = std::max(0, m_store.value(u"compress/top_k"_s).toInt());
    value.topP = std::clamp(m_store.value(u"compress/top_p"_s, 1.0).toDouble(), 0.0, 1.0);
    value.seed = m_store.value(u"compress/seed"_s).toUInt();
    value.rerunOnChange = m_store.value(u"compress/rerun_on_change"_s).toBool();
    return value;
}

void Settings::setCompression(const Compression& compression)
{
    set(u"compress/slots"_s, compression.slotsPerSpan);
    set(u"compress/span_tokens"_s, compression.spanTokens);
    set(u"compress/temperature"_s, compression.temperature);
    set(u"compress/top_k"_s, compression.topK);
    set(u"compress/top_p"_s, compression.topP);
    set(u"compress/seed"_s, compression.seed);
    set(u"compress/rerun_on_change"_s, compression.rerunOnChange);
}

Settings::Theme Settings::theme() const
{
    bool known = false;
    const auto name = m_store.value(key(themeKey)).toString().toLatin1();
    const auto value = QMetaEnum::fromType<Theme>().keyToValue(name.constData(), &known);
    return known ? static_cast<Theme>(value) : Theme::System;
}

void Settings::setTheme(Theme theme)
{
    if (set(key(themeKey), QString::fromLatin1(QMetaEnum::fromType<Theme>().valueToKey(static_cast<int>(theme)))))
        Q_EMIT themeChanged();
}

int Settings::fontSize() const
{
    const auto points = m_store.value(key(fontSizeKey)).toInt();
    return points <= 0 ? 0 : std::clamp(points, smallestFont, largestFont);
}

void Settings::setFontSize(int points)
{
    if (set(key(fontSizeKey), points <= 0 ? 0 : std::clamp(points, smallestFont, largestFont)))
        Q_EMIT fontChanged();
}

bool Settings::monospaceTexts() const
{
    return m_store.value(key(monospaceKey)).toBool();
}

void Settings::setMonospaceTexts(bool on)
{
    if (set(key(monospaceKey), on))
        Q_EMIT fontChanged();
}

bool Settings::scrollLocked() const
{
    return m_store.value(key(scrollLockedKey), true).toBool();
}

void Settings::setScrollLocked(bool on)
{
    set(key(scrollLockedKey), on);
}

Settings::Chat Settings::chat() const
{
    const Chat defaults;
    Chat chat;
    chat.contexts = m_store.value(u"chat/contexts"_s, defaults.contexts).toStringList();
    chat.blind = m_store.value(u"chat/blind"_s, defaults.blind).toBool();
    chat.temperature = std::clamp(m_store.value(u"chat/temperature"_s, defaults.temperature).toDouble(), 0.0, 5.0);
    chat.topK = std::max(0, m_store.value(u"chat/top_k"_s, defaults.topK).toInt());
    chat.topP = std::clamp(m_store.value(u"chat/top_p"_s, defaults.topP).toDouble(), 0.01, 1.0);
    chat.seed = m_store.value(u"chat/seed"_s, defaults.seed).toUInt();
    chat.maxTokens = std::clamp(m_store.value(u"chat/max_tokens"_s, defaults.maxTokens).toInt(), 1, 100'000);
    chat.turnShare = std::clamp(m_store.value(u"chat/turn_share"_s, defaults.turnShare).toDouble(), 0.0, 1.0);
    chat.current = m_store.value(u"chat/current"_s).toString();
    return chat;
}

void Settings::setChat(const Chat& chat)
{
    set(u"chat/contexts"_s, chat.contexts);
    set(u"chat/blind"_s, chat.blind);
    set(u"chat/temperature"_s, chat.temperature);
    set(u"chat/top_k"_s, chat.topK);
    set(u"chat/top_p"_s, chat.topP);
    set(u"chat/seed"_s, chat.seed);
    set(u"chat/max_tokens"_s, chat.maxTokens);
    set(u"chat/turn_share"_s, chat.turnShare);
    set(u"chat/current"_s, chat.current);
}

QString Settings::chatsFolder() const
{
    const QFileInfo store(m_store.fileName());
    return store.dir().filePath(store.completeBaseName() + u"-chats"_s);
}

QString Settings::draftFile() const
{
    const QFileInfo store(m_store.fileName());
    return store.dir().filePath(store.completeBaseName() + u"-draft.txt"_s);
}

QString Settings::folder() const
{
    return m_store.value(u"files/folder"_s).toString();
}

void Settings::setFolder(const QString& path)
{
    set(u"files/folder"_s, path);
}

QStringList Settings::recentFiles() const
{
    auto files = m_store.value(key(recentFilesKey)).toStringList();
    files.removeIf([](const QString& path) { return !QFileInfo::exists(path); });
    return files;
}

void Settings::addRecentFile(const QString& path)
{
    const auto absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    auto files = recentFiles();
    files.removeAll(absolute);
    files.prepend(absolute);
    if (set(key(recentFilesKey), files.mid(0, mostRecentFiles)))
        Q_EMIT recentFilesChanged();
}

void Settings::clearRecentFiles()
{
    if (set(key(recentFilesKey), QStringList()))
        Q_EMIT recentFilesChanged();
}

QByteArray Settings::windowGeometry() const
{
    return m_store.value(key(geometryKey)).toByteArray();
}

void Settings::setWindowGeometry(const QByteArray& geometry)
{
    set(key(geometryKey), geometry);
}

QByteArray Settings::windowState() const
{
    return m_store.value(key(stateKey)).toByteArray();
}

void Settings::setWindowState(const QByteArray& state)
{
    set(key(stateKey), state);
}

QByteArray Settings::splitterState(const QString& name) const
{
    return m_store.value(splitterKey(name)).toByteArray();
}

void Settings::setSplitterState(const QString& name, const QByteArray& state)
{
    set(splitterKey(name), state);
}

QString Settings::page() const
{
    return m_store.value(key(pageKey)).toString();
}

void Settings::setPage(const QString& id)
{
    set(key(pageKey), id);
}

QString Settings::study() const
{
    return m_store.value(key(studyKey)).toString();
}

void Settings::setStudy(const QString& run)
{
    set(key(studyKey), run);
}

QString Settings::trainingRun() const
{
    return m_store.value(key(trainingRunKey)).toString();
}

void Settings::setTrainingRun(const QString& run)
{
    set(key(trainingRunKey), run);
}

QStringList Settings::runFolders() const
{
    return m_store.value(key(runFoldersKey)).toStringList();
}

void Settings::setRunFolders(const QStringList& folders)
{
    set(key(runFoldersKey), folders);
}

QByteArray Settings::studyView() const
{
    return m_store.value(u"study/view"_s).toByteArray();
}

void Settings::setStudyView(const QByteArray& view)
{
    set(u"study/view"_s, view);
}

} // namespace icae
