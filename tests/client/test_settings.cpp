#include "session/settings.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace icae;
using namespace Qt::StringLiterals;

class TestSettings : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString file(const QString& name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void defaults()
    {
        const Settings settings(file(u"none.ini"_s));
        QCOMPARE(settings.theme(), Settings::Theme::System);
        QCOMPARE(settings.fontSize(), 0);
        QVERIFY(settings.engineCommand().isEmpty() && settings.modelFolders().isEmpty());
        QVERIFY(settings.scrollLocked() && !settings.monospaceTexts());
        QCOMPARE(settings.model(), Settings::Model());
        QCOMPARE(settings.compression(), Settings::Compression());
    }

    void remembers()
    {
        const Settings::Model model{u"/models/nano/base"_s, u"reconstruct"_s, u"cpu"_s, u"fp32"_s};
        const Settings::Compression compression{64, 512, 0.7, 40, 0.9, 3, true};
        {
            Settings settings(file(u"a.ini"_s));
            QSignalSpy theme(&settings, &Settings::themeChanged);
            QSignalSpy font(&settings, &Settings::fontChanged);
            settings.setTheme(Settings::Theme::Dark);
            settings.setTheme(Settings::Theme::Dark);
            settings.setFontSize(1000);
            settings.setEngineCommand(u"ssh box icae serve"_s);
            settings.setModelFolders({u"/models"_s, u"/more models"_s});
            settings.setModel(model);
            settings.setCompression(compression);
            settings.setSplitterState(u"panes"_s, "state");
            QCOMPARE(theme.size(), 1);
            QCOMPARE(font.size(), 1);
        }
        const Settings settings(file(u"a.ini"_s));
        QCOMPARE(settings.theme(), Settings::Theme::Dark);
        QCOMPARE(settings.fontSize(), Settings::largestFont);
        QCOMPARE(settings.engineCommand(), u"ssh box icae serve"_s);
        QCOMPARE(settings.modelFolders().size(), 2);
        QCOMPARE(settings.model(), model);
        QCOMPARE(settings.compression(), compression);
        QCOMPARE(settings.splitterState(u"panes"_s), QByteArray("state"));
    }

    /// Where the engine runs, as ssh is told.
    void hostOfTheEngine()
    {
        Settings settings(file(u"host.ini"_s));
        QVERIFY(settings.engineHost().isEmpty());
        const std::vector<std::pair<QString, QString>> commands{
            {u"icae serve"_s, {}},
            {u"/opt/ssh-tools/icae serve"_s, {}},
            {u"ssh box icae serve"_s, u"box"_s},
            {u"/usr/bin/ssh -C -p 2222 -i \"my key\" me@box nice icae serve"_s, u"me@box"_s},
            {u"ssh -p2222 -oBatchMode=yes box icae serve"_s, u"box"_s},
            {u"ssh"_s, {}}};
        for (const auto& [command, host] : commands) {
            settings.setEngineCommand(command);
            QCOMPARE(settings.engineHost(), host);
        }
    }

    /// A file that somebody edited gives defaults, not nonsense.
    void damaged()
    {
        QFile damaged(file(u"b.ini"_s));
        QVERIFY(damaged.open(QIODevice::WriteOnly));
        damaged.write("[look]\ntheme=Purple\nfont_size=many\n[compress]\nslots=-4\ntop_p=9\ntemperature=-1\n");
        damaged.close();
        const Settings settings(file(u"b.ini"_s));
        QCOMPARE(settings.theme(), Settings::Theme::System);
        QCOMPARE(settings.fontSize(), 0);
        QCOMPARE(settings.compression(), Settings::Compression());
    }

    void recentFiles()
    {
        Settings settings(file(u"c.ini"_s));
        QSignalSpy changed(&settings, &Settings::recentFilesChanged);
        for (int i = 0; i < Settings::mostRecentFiles + 5; ++i) {
            const auto path = file(QString::number(i));
            QVERIFY(QFile(path).open(QIODevice::WriteOnly));
            settings.addRecentFile(path);
        }
        QCOMPARE(settings.recentFiles().size(), Settings::mostRecentFiles);
        QCOMPARE(settings.recentFiles().constFirst(), file(u"14"_s));
        settings.addRecentFile(file(u"9"_s));
        QCOMPARE(settings.recentFiles().constFirst(), file(u"9"_s));
        QCOMPARE(settings.recentFiles().size(), Settings::mostRecentFiles);
        QFile::remove(file(u"14"_s));
        QVERIFY(!settings.recentFiles().contains(file(u"14"_s)));
        settings.clearRecentFiles();
        QVERIFY(settings.recentFiles().isEmpty());
        QCOMPARE(changed.size(), Settings::mostRecentFiles + 7);
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "test_settings.moc"
