#include "fake_explorer.h"

#include "pages/compress/sweep_bar.h"
#include "report/report.h"
#include "widgets/common/find_bar.h"

#include <QCheckBox>
#include <QClipboard>
#include <QDropEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSlider>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

const auto story = u"The clock at the pier struck 12 times. A clock again. The Clock stood."_s;

} // namespace

/// What goes for the whole window: dropping, finding, recent files, and what it remembers.
class TestHandling : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }
    void init() { open(QString::number(++m_windows)); }
    void cleanup() { m_explorer.reset(); }

    void dropsText()
    {
        QMimeData text;
        text.setText(story);
        QVERIFY(drop(m_explorer->page(), text));
        QTRY_COMPARE(m_explorer->page().source(), story);
        QMimeData picture;
        picture.setImageData(QImage(4, 4, QImage::Format_RGB32));
        QVERIFY(!drop(m_explorer->page(), picture));
        QCOMPARE(m_explorer->page().source(), story);
    }

    void dropsFiles()
    {
        QMimeData file;
        file.setUrls({QUrl::fromLocalFile(written(u"a.txt"_s, story.toUtf8()))});
        QVERIFY(drop(m_explorer->page(), file));
        QTRY_COMPARE(m_explorer->page().source(), story);
        file.setUrls({QUrl::fromLocalFile(written(u"b.txt"_s, "Another one.\n"))});
        QVERIFY(drop(*m_explorer->source().editor().viewport(), file)); // the editor would insert its name
        QTRY_COMPARE(m_explorer->page().source(), u"Another one.\n"_s);
        QCOMPARE(m_explorer->settings.recentFiles().size(), 2);

        file.setUrls({QUrl::fromLocalFile(written(u"c.bin"_s, QByteArray("ab\0cd", 5)))});
        QVERIFY(drop(m_explorer->page(), file));
        QTRY_COMPARE(m_explorer->notice().message(), u"The file c.bin is no text."_s);
        file.setUrls({QUrl::fromLocalFile(m_folder.filePath(u"none.txt"_s))});
        QVERIFY(drop(m_explorer->page(), file));
        QTRY_COMPARE(m_explorer->notice().message(), u"The file none.txt could not be read."_s);
        file.setUrls({QUrl::fromLocalFile(m_folder.path())});
        QVERIFY(drop(m_explorer->page(), file));
        QTRY_VERIFY(m_explorer->notice().message().contains(u"could not be read"_s));
        QCOMPARE(m_explorer->page().source(), u"Another one.\n"_s); // what was there stays
        QCOMPARE(m_explorer->settings.recentFiles().size(), 2);
    }

    /// Beside a result the source cannot be changed, but the next text may be pasted over it.
    void pastesOverAResult()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        QVERIFY(!m_explorer->source().isEditing());
        QGuiApplication::clipboard()->setText(u"The next text."_s);
        m_explorer->source().column().setFocus();
        QTest::keyClick(&m_explorer->source().column(), Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE(m_explorer->page().source(), u"The next text."_s);
        QVERIFY(m_explorer->source().isEditing());
    }

    void recentFiles()
    {
        m_explorer->page().openFile(written(u"first.txt"_s, "First."));
        m_explorer->page().openFile(written(u"second.txt"_s, "Second."));
        QTRY_COMPARE(m_explorer->page().source(), u"Second."_s);
        QAction* first = nullptr;
        for (auto* menu : m_explorer->controls().findChildren<QMenu*>())
            for (auto* action : menu->actions())
                if (action->text() == u"first.txt"_s)
                    first = action;
        QVERIFY(first != nullptr);
        first->trigger();
        QTRY_COMPARE(m_explorer->page().source(), u"First."_s);
        QCOMPARE(m_explorer->settings.recentFiles().constFirst(), m_folder.filePath(u"first.txt"_s));
    }

    void findsInTheEditor()
    {
        m_explorer->page().setSource(story);
        m_explorer->source().editor().setFocus();
        auto& bar = find();
        auto* query = bar.findChild<QLineEdit*>();
        QTest::keyClicks(query, u"clock"_s);
        QVERIFY(FakeExplorer::shows(bar, u"1 of 3"_s));
        QTest::keyClick(query, Qt::Key_Return);
        QVERIFY(FakeExplorer::shows(bar, u"2 of 3"_s));
        QTest::keyClick(query, Qt::Key_Return, Qt::ShiftModifier);
        QTest::keyClick(query, Qt::Key_Return, Qt::ShiftModifier);
        QVERIFY(FakeExplorer::shows(bar, u"3 of 3"_s)); // round
        QTest::keyClicks(query, u"s"_s);
        QVERIFY(FakeExplorer::shows(bar, u"No match"_s));
        QTest::keyClick(query, Qt::Key_Escape);
        QVERIFY(!bar.isVisible());
        QVERIFY(m_explorer->source().editor().hasFocus());
    }

    void findsInEveryView()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        for (const auto mode : {ResultPane::Mode::SideBySide, ResultPane::Mode::Inline, ResultPane::Mode::Tokens}) {
            m_explorer->result().setMode(mode);
            m_explorer->result().currentView().setFocus();
            auto& bar = find();
            auto* query = bar.findChild<QLineEdit*>();
            query->setText(u"pier"_s);
            const auto count = mode == ResultPane::Mode::Inline ? u"1 of 1"_s : u"2 of 2 · Reconstruction"_s;
            QVERIFY2(FakeExplorer::shows(bar, count), qPrintable(QString::number(static_cast<int>(mode))));
            QTest::keyClick(query, Qt::Key_Escape);
            QVERIFY(m_explorer->result().currentView().hasFocus());
        }
    }

    /// A search that is open while the text is written anew looks at the new text.
    void aSearchGoesOnInTheNextResult()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->result().currentView().setFocus();
        auto& bar = find();
        auto* query = bar.findChild<QLineEdit*>();
        query->setText(u"again"_s);
        QVERIFY(FakeExplorer::shows(bar, u"2 of 2"_s));
        QVERIFY(m_explorer->write(u"One and only. "_s + story));
        QVERIFY(m_explorer->run());
        QTest::keyClick(query, Qt::Key_Return);
        QVERIFY(FakeExplorer::shows(bar, u" of 2 · "_s));
    }

    /// One search goes through both texts, says where it is, and goes on in another view.
    void findsOnBothSides()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story)); // comes back with one "Clock" of three
        QVERIFY(m_explorer->run());
        m_explorer->source().column().setFocus();
        auto& bar = find();
        auto* query = bar.findChild<QLineEdit*>();
        query->setText(u"clock"_s);
        for (const auto& place : {u"1 of 4 · Source"_s, u"2 of 4 · Source"_s, u"3 of 4 · Source"_s,
                                  u"4 of 4 · Reconstruction"_s, u"1 of 4 · Source"_s}) {
            QVERIFY2(FakeExplorer::shows(bar, place), qPrintable(place));
            QTest::keyClick(query, Qt::Key_Return);
        }
        QTest::keyClick(query, Qt::Key_Return, Qt::ShiftModifier);
        QTest::keyClick(query, Qt::Key_Return, Qt::ShiftModifier);
        QVERIFY(FakeExplorer::shows(bar, u"4 of 4 · Reconstruction"_s));
        m_explorer->result().setMode(ResultPane::Mode::Inline);
        QVERIFY(bar.isVisible());
        QVERIFY(FakeExplorer::shows(bar, u"of 3 · Reconstruction"_s));
        m_explorer->result().setMode(ResultPane::Mode::Tokens);
        query->setText(u"clock at the pier"_s); // four tokens
        QVERIFY(FakeExplorer::shows(bar, u" of 2 · "_s));
        query->setText(u"nowhere"_s);
        QVERIFY(FakeExplorer::shows(bar, u"No match · Source, Reconstruction"_s));
    }

    /// Rows stay side by side after the text was read in another view.
    void scrollingTogetherSurvivesOtherViews()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story.repeated(60)));
        QVERIFY(m_explorer->run());
        auto* left = m_explorer->source().column().verticalScrollBar();
        auto* right = m_explorer->result().column().verticalScrollBar();
        QTRY_VERIFY(left->maximum() > 400);
        m_explorer->key(Qt::Key_2, Qt::AltModifier);
        auto& inlined = m_explorer->result().inlineColumn();
        QTRY_VERIFY(inlined.verticalScrollBar()->maximum() > 400);
        inlined.verticalScrollBar()->setValue(300);
        const int row = inlined.topRow();
        QVERIFY(row > 0);
        m_explorer->key(Qt::Key_1, Qt::AltModifier);
        QTRY_COMPARE(m_explorer->source().column().topRow(), row);
        QCOMPARE(m_explorer->result().column().topRow(), row);
        QCOMPARE(left->value(), right->value());
        m_explorer->key(Qt::Key_3, Qt::AltModifier);
        left->setValue(left->value() + 100);
        m_explorer->key(Qt::Key_1, Qt::AltModifier);
        QTRY_COMPARE(left->value(), right->value());
    }

    void nextDifferenceMovesTheTokensToo()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->key(Qt::Key_4, Qt::AltModifier);
        const auto& view = m_explorer->result().tokens().view();
        const auto current = [&] { return view.document()->items[static_cast<std::size_t>(view.currentToken())].text; };
        m_explorer->key(Qt::Key_F8);
        QCOMPARE(current(), u" clock"_s);
        m_explorer->key(Qt::Key_F8);
        QCOMPARE(current(), u" 12"_s);
        m_explorer->key(Qt::Key_F8, Qt::ShiftModifier);
        QCOMPARE(current(), u" clock"_s);
    }

    /// One class alone, and how many that is of all.
    void onlyOneClass()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story + u" The Harbour lights."_s));
        QVERIFY(m_explorer->run());
        auto& pane = m_explorer->result();
        const auto all = std::ssize(m_explorer->page().result().diff->differences);
        QVERIFY(all >= 4);
        QAction* only = nullptr;
        for (auto* menu : pane.findChildren<QMenu*>())
            for (auto* action : menu->actions())
                if (menu->title() == u"Only"_s && action->text() == u"number or name"_s)
                    only = action;
        QVERIFY(only != nullptr);
        only->trigger();
        QCOMPARE(pane.filter(), std::vector<DifferenceClass>{DifferenceClass::NumberOrName});
        QVERIFY(FakeExplorer::shows(pane, u"1 of %1 differences"_s.arg(all)));
    }

    /// Figures and rows are there for those who hear them, too.
    void figuresAndRowsCanBeHeard()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        const auto* bleu = m_explorer->page().findChild<QLabel*>(u"metric0"_s);
        QCOMPARE(bleu->accessibleName(), u"BLEU, free: 0.91"_s);
        m_explorer->key(Qt::Key_F8);
        const auto& column = m_explorer->result().column();
        QVERIFY2(column.accessibleDescription().contains(u"{+watch+} at the pier"_s),
                 qPrintable(column.accessibleDescription()));
        QVERIFY(m_explorer->source().column().accessibleDescription().contains(u"[-clock-] at the pier"_s));
    }

    /// A language's numbers are written its way, all of them.
    void numbersFollowTheLanguage()
    {
        QLocale::setDefault(QLocale(QLocale::German));
        open(u"german"_s);
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story.repeated(40)));
        QVERIFY(m_explorer->run());
        static const QRegularExpression point(u"\\d\\.\\d\\d?(?!\\d)"_s); // "1.204" is a thousand
        QStringList texts;
        for (const auto* label : m_explorer->page().findChildren<QLabel*>())
            texts += label->text();
        texts += m_explorer->window->statusLine().text();
        QLocale::setDefault(QLocale::c());
        QVERIFY(texts.contains(u"0,91"_s));
        for (const auto& text : texts)
            QVERIFY2(!text.contains(point), qPrintable(text));
    }

    /// A text through every slot count: a slider walks what came back, and a new text ends it.
    void everySlotCount()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        m_explorer->key(Qt::Key_A, Qt::AltModifier);
        QVERIFY(m_explorer->page().isRunning());
        auto& bar = *m_explorer->page().findChild<SweepBar*>();
        QVERIFY(bar.isVisible());
        QVERIFY(m_explorer->waitForEnd());
        const auto shown = [&] {
            const auto& view = m_explorer->page().result();
            return view.result ? view.result->reconstruction.slots : 0;
        };
        QTRY_COMPARE(shown(), 128); // the one that tells most: mostly right, and not all
        QCOMPARE(bar.current(), 2);
        QVERIFY(FakeExplorer::shows(bar, u"128 slots a span"_s) && FakeExplorer::shows(bar, u"BLEU 0.91"_s));
        const auto requests = asked.size();
        auto* slider = bar.findChild<QSlider*>();
        QTest::keyClick(slider, Qt::Key_Home);
        QTRY_COMPARE(shown(), 32);
        QVERIFY(FakeExplorer::shows(bar, u"BLEU 0.30"_s));
        QTest::keyClick(slider, Qt::Key_Right);
        QTRY_COMPARE(shown(), 64);
        QCOMPARE(asked.size(), requests); // nothing is computed again
        QCOMPARE(m_explorer->page().result().diff->source, story);
        QVERIFY(m_explorer->write(u"New. "_s + story));
        QVERIFY(!bar.isVisible());
    }

    void everySlotCountCanBeStopped()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"{hang} "_s + story));
        m_explorer->key(Qt::Key_A, Qt::AltModifier);
        QVERIFY(FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        QTest::qWait(50);
        m_explorer->key(Qt::Key_Escape);
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(!FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        QVERIFY(!m_explorer->notice().showsError());
    }

    /// The first start shows what the loaded model loses, not a perfect copy, and says what to try.
    void theFirstStartHasSomethingToInspect()
    {
        m_explorer->page().openFirst();
        QVERIFY(m_explorer->start());
        auto& bar = *m_explorer->page().findChild<SweepBar*>();
        QTRY_VERIFY(bar.isVisible());
        QTRY_VERIFY(FakeExplorer::shows(bar, u"press F8"_s));
        QTRY_VERIFY(m_explorer->page().result().diff && !m_explorer->page().isRunning());
        QCOMPARE(m_explorer->page().result().result->reconstruction.slots, 128);
        QVERIFY(!m_explorer->page().result().diff->differences.empty());
    }

    /// What the tokenizer cannot keep is said once, in words; it is no difference of the model's.
    void whatTheTokenizerChangesIsNotTheModels()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"{collapse} The   pier  was empty. A clock   struck."_s));
        QVERIFY(m_explorer->run());
        const auto& view = m_explorer->page().result();
        QCOMPARE(view.diff->source, u"{collapse} The pier was empty. A clock struck."_s);
        QCOMPARE(view.diff->differences.size(), 1U); // the watch
        QCOMPARE(view.forced->items.back().text, u" struck."_s);
        QCOMPARE(view.forced->items.back().range.end, view.diff->source.size());
        QCOMPARE(m_explorer->notice().message(),
                 u"The tokenizer cannot keep this text as it is: it changes white space or signs, first at byte 15. "
                 "That is not counted as the model's."_s);
        QVERIFY(!m_explorer->notice().showsError());
        ExportParams params;
        params.reference = view.source;
        params.reconstruction = view.result->reconstruction;
        const auto page = renderReport(params);
        QVERIFY(page.find("The tokenizer cannot keep") != std::string::npos);
        QVERIFY(page.find("1 difference<") != std::string::npos);
        QVERIFY(m_explorer->write(story)); // another one is kept whole
        QVERIFY(m_explorer->run());
        QVERIFY(m_explorer->page().result().remark.isEmpty());
        QVERIFY(!m_explorer->notice().isVisible());
    }

    void remembersItsSettings()
    {
        const auto name = u"remembered"_s;
        open(name);
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        const bool dark = m_explorer->theme.isDark();
        m_explorer->key(Qt::Key_Plus, Qt::ControlModifier);
        const auto size = m_explorer->theme.readingSize();
        m_explorer->key(Qt::Key_Left, Qt::AltModifier);
        m_explorer->controls().findChild<QCheckBox*>()->setChecked(true);
        m_explorer->key(Qt::Key_L, Qt::ControlModifier);
        QVERIFY(!m_explorer->result().lockAction()->isChecked());
        QVERIFY(m_explorer->load("/models/nano/base", "/models/nano/reconstruct"));
        const auto slotCount = m_explorer->controls().source().slots;
        QCOMPARE(slotCount, std::optional<std::int64_t>(64));
        m_explorer->window->showPage(u"models"_s);
        m_explorer->window->resize(1111, 700);
        m_explorer->key(Qt::Key_Q, Qt::ControlModifier);

        open(name);
        QCOMPARE(m_explorer->theme.isDark(), dark);
        QCOMPARE(m_explorer->theme.readingSize(), size);
        QVERIFY(m_explorer->models().isVisible());
        QCOMPARE(m_explorer->window->size(), QSize(1111, 700));
        QVERIFY(m_explorer->controls().rerunsOnChange());
        QVERIFY(!m_explorer->result().lockAction()->isChecked());
        QVERIFY(m_explorer->start());
        QCOMPARE(m_explorer->controls().source().slots, slotCount);
    }

private:
    void open(const QString& settings)
    {
        m_explorer.reset();
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(settings + u".ini"_s));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
    }

    QString written(const QString& name, const QByteArray& bytes) const
    {
        QFile file(m_folder.filePath(name));
        if (file.open(QIODevice::WriteOnly))
            file.write(bytes);
        return file.fileName();
    }

    /// @return whether the widget takes it
    static bool drop(QWidget& widget, const QMimeData& mime)
    {
        const QPoint at(20, 20);
        QDragEnterEvent enter(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&widget, &enter);
        if (!enter.isAccepted())
            return false;
        QDragMoveEvent move(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&widget, &move);
        QDropEvent event(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&widget, &event);
        return event.isAccepted();
    }

    FindBar& find()
    {
        m_explorer->key(Qt::Key_F, Qt::ControlModifier);
        return *m_explorer->window->findChild<FindBar*>();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
    int m_windows = 0;
};

QTEST_MAIN(TestHandling)
#include "test_handling.moc"
