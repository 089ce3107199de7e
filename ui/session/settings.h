#pragma once

#include <QByteArray>
#include <QObject>
#include <QSettings>
#include <QStringList>

namespace icae {

/// Everything the application remembers, each with its type and its default. Kept in the user's configuration folder,
/// or in the file that is named.
class Settings : public QObject {
    Q_OBJECT

public:
    enum class Theme { System, Light, Dark };
    Q_ENUM(Theme)

    /// How the model was last loaded, as LoadModelParams has it.
    struct Model {
        QString base;
        QString adapter;
        QString device = QStringLiteral("auto");
        QString dtype = QStringLiteral("auto");

        bool operator==(const Model&) const = default;
    };

    /// What the controls of the Compress page were last set to.
    struct Compression {
        int slotsPerSpan = 0; ///< 0: as many as the adapter has
        int spanTokens = 0; ///< 0: the adapter's
        double temperature = 0; ///< 0: greedy
        int topK = 0;
        double topP = 1;
        quint32 seed = 0;
        bool rerunOnChange = false;

        bool operator==(const Compression&) const = default;
    };

    /// What the Chat page was last set to.
    struct Chat {
        QStringList contexts{QStringLiteral("slots")};
        bool blind = false;
        double temperature = 0; ///< 0: greedy
        int topK = 0;
        double topP = 1;
        quint32 seed = 0;
        int maxTokens = 256;
        double turnShare = 0.25; ///< of the positions, beyond which earlier turns become slots; 0: never
        QString current; ///< chat

        bool operator==(const Chat&) const = default;
    };

    static constexpr int smallestFont = 7;
    static constexpr int largestFont = 32;
    static constexpr int mostRecentFiles = 10;

    explicit Settings(QObject* parent = nullptr);
    explicit Settings(const QString& file, QObject* parent = nullptr);

    QString engineCommand() const; ///< empty: the default
    void setEngineCommand(const QString& commandLine);
    QString engineHost() const; ///< that ssh is told to start it on; empty: it runs on this machine

    QStringList modelFolders() const; ///< on the engine's machine
    void setModelFolders(const QStringList& folders);

    Model model() const;
    void setModel(const Model& model);

    Compression compression() const;
    void setCompression(const Compression& compression);

    Theme theme() const;
    void setTheme(Theme theme);

    int fontSize() const; ///< points; 0: the system's
    void setFontSize(int points); ///< kept between smallestFont and largestFont; 0 for the system's

    bool monospaceTexts() const;
    void setMonospaceTexts(bool on);

    bool scrollLocked() const; ///< source and reconstruction scroll together
    void setScrollLocked(bool on);

    Chat chat() const;
    void setChat(const Chat& chat);
    QString chatsFolder() const; ///< beside the settings

    QString draftFile() const; ///< where the text that no file has is kept; beside the settings

    QString folder() const; ///< where a file was opened or saved last
    void setFolder(const QString& path);

    QStringList recentFiles() const; ///< latest first, without those that are gone
    void addRecentFile(const QString& path);
    void clearRecentFiles();

    QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);
    QByteArray windowState() const;
    void setWindowState(const QByteArray& state);
    QByteArray splitterState(const QString& name) const;
    void setSplitterState(const QString& name, const QByteArray& state);
    QString page() const; ///< id of the one shown last
    void setPage(const QString& id);
    QString study() const; ///< folder of the one shown last, on the engine's machine
    void setStudy(const QString& run);
    QString trainingRun() const; ///< likewise
    void setTrainingRun(const QString& run);
    QStringList runFolders() const; ///< of runs beside the engine's own, on its machine
    void setRunFolders(const QStringList& folders);
    QByteArray studyView() const; ///< how studies are drawn, JSON
    void setStudyView(const QByteArray& view);

Q_SIGNALS:
    void engineCommandChanged();
    void modelFoldersChanged();
    void themeChanged();
    void fontChanged(); ///< size or family of texts
    void recentFilesChanged();

private:
    /// @return true where the value is another
    bool set(const QString& key, const QVariant& value);

    QSettings m_store;
};

} // namespace icae
