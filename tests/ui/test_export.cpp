#include "fake_explorer.h"

#include "pages/compress/compress_export.h"

#include <QClipboard>
#include <QFileDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMenu>
#include <QMimeData>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

const auto story = u"The clock at the pier struck 12 times. <b>Nobody</b> came, \"said\" he."_s;

} // namespace

/// What the export menu writes, and what it says where it cannot.
class TestExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(u"settings.ini"_s));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
        QVERIFY(!offersExport());
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        QVERIFY(offersExport());
    }

    void cleanupTestCase() { m_explorer.reset(); }

    void html()
    {
        const auto diff = exported(u"Differences as HTML…"_s, u"diff.html"_s);
        QVERIFY(diff.toLower().startsWith("<!doctype html>"));
        QVERIFY(diff.contains("clock") && diff.contains("watch") && diff.contains("<del") && diff.contains("<ins"));
        QVERIFY(diff.contains("&lt;b&gt;Nobody") && !diff.contains("<b>Nobody"));
        const auto text = exported(u"Reconstruction as HTML…"_s, u"text.html"_s);
        QVERIFY(text.contains("watch"));
    }

    void markdown()
    {
        const auto diff = exported(u"Differences as Markdown…"_s, u"diff.md"_s);
        QVERIFY(diff.contains("~~clock~~") && diff.contains("**watch**"));
        const auto text = exported(u"Reconstruction as Markdown…"_s, u"text.md"_s);
        QVERIFY(text.contains("watch"));
    }

    void csv()
    {
        const auto lines = exported(u"Tokens as CSV…"_s, u"tokens.csv"_s).trimmed().split('\n');
        const auto& result = m_explorer->page().result();
        QCOMPARE(lines.size(), 1 + static_cast<qsizetype>(result.forced->tokens.size() + result.free->tokens.size()));
        QVERIFY(lines.front().startsWith(
            "list,index_from_0,span_from_0,id,piece,begin_byte_from_0,end_byte,nll,entropy,rank_from_0"));
        QVERIFY(lines[2].contains("▁clock") || lines[2].contains("▁watch"));
        const auto clock = std::find_if(lines.begin(), lines.end(), [](const QByteArray& line) {
            return line.startsWith("forced,1,0,") && line.contains("▁clock");
        });
        QVERIFY(clock != lines.end());
        QCOMPARE(clock->split(',')[9].trimmed(), QByteArray("3")); // its rank; 4 in the window
    }

    /// What differs, by class and place, with the files' counting from 0 in the header.
    void differencesAsCsv()
    {
        const auto lines = exported(u"Differences as CSV…"_s, u"differences.csv"_s).trimmed().split('\n');
        const auto& diff = *m_explorer->page().result().diff;
        QCOMPARE(lines.size(), 1 + std::ssize(diff.differences));
        QVERIFY(lines.front().startsWith("index_from_0,class,source,reconstruction,source_begin_byte_from_0"));
        const auto at = QByteArray::number(story.indexOf(u"clock"_s));
        QCOMPARE(lines[1].trimmed(),
                 "0,wording,clock,watch," + at + ',' + QByteArray::number(at.toInt() + 5) + ',' + at + ','
                     + QByteArray::number(at.toInt() + 5));
    }

    void json()
    {
        const auto document = QJsonDocument::fromJson(exported(u"Tokens as JSON…"_s, u"tokens.json"_s));
        QVERIFY(document.isObject() || document.isArray());
        QVERIFY(document.toJson().contains("watch"));
    }

    /// A name without an ending gets that of the format that was chosen.
    void endingFollowsFilter()
    {
        trigger(u"This view as a picture…"_s);
        auto* dialog = m_explorer->page().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        QCOMPARE(dialog->defaultSuffix(), u"png"_s);
        Q_EMIT dialog->filterSelected(u"PDF (*.pdf)"_s);
        QCOMPARE(dialog->defaultSuffix(), u"pdf"_s);
        dialog->reject();
        QTRY_VERIFY(m_explorer->page().findChild<QFileDialog*>() == nullptr);
    }

    void pictures()
    {
        const QImage png = QImage::fromData(exported(u"This view as a picture…"_s, u"view.png"_s));
        QVERIFY(png.width() > 1000 && png.height() > 100);
        QSet<QRgb> colours;
        for (int x = 0; x < png.width(); x += 2)
            for (int y = 0; y < png.height(); y += 2)
                colours.insert(png.pixel(x, y));
        QVERIFY(colours.size() > 10); // there is something on it
        const auto svg = exported(u"This view as a picture…"_s, u"view.svg"_s);
        QVERIFY(svg.contains("<svg") && svg.contains("</svg>"));
        const auto pdf = exported(u"This view as a picture…"_s, u"view.pdf"_s);
        QVERIFY(pdf.startsWith("%PDF-") && pdf.trimmed().endsWith("%%EOF"));
        m_explorer->result().setMode(ResultPane::Mode::Tokens);
        QVERIFY(QImage::fromData(exported(u"This view as a picture…"_s, u"tokens.png"_s)).width() > 1000);
        // The list is drawn as a list.
        m_explorer->result().setMode(ResultPane::Mode::Inline);
        const auto inlined = QImage::fromData(exported(u"This view as a picture…"_s, u"inline.png"_s));
        m_explorer->result().setMode(ResultPane::Mode::List);
        const auto list = QImage::fromData(exported(u"This view as a picture…"_s, u"list.png"_s));
        QVERIFY(list.width() == inlined.width() && list != inlined);
        const auto listSvg = QString::fromUtf8(exported(u"This view as a picture…"_s, u"list.svg"_s));
        for (const auto& said : {u"wording"_s, u"watch"_s, u"in 128 slots"_s, u"BLEU 0.910"_s}) // with a caption
            QVERIFY2(listSvg.contains(said), qPrintable(said));
        m_explorer->result().setMode(ResultPane::Mode::SideBySide);
    }

    void copies()
    {
        trigger(u"Copy reconstruction"_s);
        QCOMPARE(QGuiApplication::clipboard()->text(), m_explorer->page().result().diff->reconstruction);
        trigger(u"Copy with marks"_s);
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"watch"_s));
        QVERIFY(QGuiApplication::clipboard()->text() != m_explorer->page().result().diff->reconstruction);
        QVERIFY(QGuiApplication::clipboard()->mimeData()->hasHtml());
    }

    void memory()
    {
        const auto path = m_folder.filePath(u"memory.safetensors"_s);
        m_explorer->key(Qt::Key_S, Qt::ControlModifier);
        answer(path);
        QTRY_VERIFY(QFile::exists(path));

        // And it can be opened, and reads back, without a text to compare with.
        const auto before = m_explorer->page().source();
        QVERIFY(m_explorer->page().openFile(path));
        QTRY_VERIFY(m_explorer->page().result().diff
                    && m_explorer->page().result().diff->reconstruction.startsWith(u"This is what the letter said."_s));
        QVERIFY(m_explorer->page().source().isEmpty());
        QVERIFY(m_explorer->page().result().diff->differences.empty());
        QCOMPARE(m_explorer->page().result().diff->rows.size(), 2U);
        QVERIFY(FakeExplorer::shows(m_explorer->page(), u"Memory memory.safetensors: 300 tokens in 128 slots"_s));
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"Nothing to compare with"_s));
        QVERIFY(!m_explorer->notice().showsError());
        m_explorer->page().openSample(u"ferry"_s); // texts are compressed again
        QVERIFY(!FakeExplorer::shows(m_explorer->page(), u"Memory memory.safetensors"_s));
        QVERIFY(m_explorer->write(before));
        QVERIFY(m_explorer->run());
        QCOMPARE(m_explorer->page().result().diff->source, before);
    }

    /// The next dialog begins where the last one ended.
    void dialogsRememberTheirFolder()
    {
        QVERIFY(QDir(m_folder.path()).mkpath(u"sub"_s));
        trigger(u"Tokens as CSV…"_s);
        answer(m_folder.filePath(u"sub/tokens.csv"_s));
        m_explorer->key(Qt::Key_O, Qt::ControlModifier);
        auto* dialog = m_explorer->page().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        QCOMPARE(dialog->directory().path(), m_folder.filePath(u"sub"_s));
        dialog->reject();
        QTRY_VERIFY(m_explorer->page().findChild<QFileDialog*>() == nullptr);
    }

    void whatCannotBeWrittenGivesASentence_data()
    {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("name");
        QTest::newRow("HTML") << u"Differences as HTML…"_s << u"diff.html"_s;
        QTest::newRow("CSV") << u"Tokens as CSV…"_s << u"tokens.csv"_s;
        QTest::newRow("PNG") << u"This view as a picture…"_s << u"view.png"_s;
        QTest::newRow("SVG") << u"This view as a picture…"_s << u"view.svg"_s;
        QTest::newRow("PDF") << u"This view as a picture…"_s << u"view.pdf"_s;
        QTest::newRow("memory") << QString() << u"memory.safetensors"_s;
    }

    void whatCannotBeWrittenGivesASentence()
    {
        QFETCH(const QString, action);
        QFETCH(const QString, name);
        m_explorer->notice().clear();
        const auto path = m_folder.filePath(u"missing/"_s + name);
        if (action.isEmpty())
            m_explorer->key(Qt::Key_S, Qt::ControlModifier);
        else
            trigger(action);
        answer(path);
        QTRY_VERIFY(m_explorer->notice().showsError());
        QCOMPARE(m_explorer->notice().message(), u"The file %1 could not be written."_s.arg(path));
        QVERIFY(!QFile::exists(path));
    }

private:
    bool offersExport() const
    {
        const auto actions = m_explorer->result().actions();
        return std::any_of(actions.begin(), actions.end(), [](const QAction* action) {
            return action->shortcut() == QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S) && action->isEnabled();
        });
    }

    void trigger(const QString& text)
    {
        const auto actions = m_explorer->result().exportMenu().actions();
        const auto found = std::find_if(actions.begin(), actions.end(),
                                        [&](const QAction* action) { return action->text().remove(u'&') == text; });
        QVERIFY2(found != actions.end(), qPrintable(text));
        (*found)->trigger();
    }

    /// Chooses a file in the dialog that is open. The dialog itself is Qt's, and would ask back.
    void answer(const QString& path)
    {
        auto* dialog = m_explorer->page().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        Q_EMIT dialog->fileSelected(path);
        dialog->reject();
        QTRY_VERIFY(m_explorer->page().findChild<QFileDialog*>() == nullptr);
        QTRY_COMPARE(QApplication::activeWindow(), m_explorer->window.get());
    }

    QByteArray exported(const QString& action, const QString& name)
    {
        const auto path = m_folder.filePath(name);
        trigger(action);
        answer(path);
        QFile file(path);
        if (!QTest::qWaitFor([&] { return file.exists() && file.size() > 0; }) || !file.open(QIODevice::ReadOnly))
            return {};
        return file.readAll();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
};

QTEST_MAIN(TestExport)
#include "test_export.moc"
