#include "models/sample_texts.h"
#include "session/theme.h"
#include "watchdog.h"
#include "widgets/common/check_menu.h"
#include "widgets/common/elided_label.h"
#include "widgets/common/find_bar.h"
#include "widgets/common/find_views.h"
#include "widgets/text/prose_column.h"
#include "widgets/text/source_editor.h"
#include "widgets/text/token_view.h"

#include <QClipboard>
#include <QPainter>
#include <QScrollBar>
#include <QStandardItemModel>
#include <QtTest>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

QString longText(qsizetype characters)
{
    const auto story = sampleText(u"ferry"_s) + u"\n\n"_s;
    QString text;
    while (text.size() < characters)
        text += story;
    return text.left(characters);
}

} // namespace

/// Widgets by themselves, with mouse and keyboard.
class TestWidgets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_theme.apply(); }

    void theEditorKeepsTheTextAsWritten()
    {
        SourceEditor editor(m_theme);
        for (const auto& text :
             {u"One. Two? \"Three.\"  Four"_s, u"Title\n\nFirst. Second.\n\n\nEnd\n"_s,
              u"def f():\n    return 1\n\n\tx"_s, u""_s, u"\n\n"_s, sampleText(u"code"_s), sampleText(u"german"_s)}) {
            editor.setSource(text);
            QTRY_VERIFY(!editor.isInserting());
            QCOMPARE(editor.source(), text);
        }
        editor.setSource(u"One. Two. Three."_s);
        QCOMPARE(editor.blockCount(), 3);
    }

    void editingUndoAndCopyKnowNoSoftBreaks()
    {
        SourceEditor editor(m_theme);
        editor.setSource(u"One. Two. Three."_s);
        editor.selectAll();
        editor.copy();
        QCOMPARE(QGuiApplication::clipboard()->text(), u"One. Two. Three."_s);
        editor.setSourcePosition(5);
        QCOMPARE(editor.sourcePosition(), 5);
        QTest::keyClick(&editor, Qt::Key_Backspace);
        QTest::keyClick(&editor, Qt::Key_Backspace);
        QVERIFY(editor.source().size() < 16);
        while (editor.document()->isUndoAvailable() && editor.source() != u"One. Two. Three."_s)
            editor.undo();
        QCOMPARE(editor.source(), u"One. Two. Three."_s);
        QTest::keyClick(&editor, Qt::Key_End, Qt::ControlModifier);
        QTest::keyClick(&editor, Qt::Key_Return);
        QTest::keyClicks(&editor, u"Four."_s);
        QCOMPARE(editor.source(), u"One. Two. Three.\nFour."_s);
    }

    void longTextsDoNotStall()
    {
        SourceEditor editor(m_theme);
        editor.resize(600, 700);
        editor.show();
        QVERIFY(QTest::qWaitForWindowExposed(&editor));
        const auto text = longText(400'000);
        Watchdog watchdog;
        QTest::qWait(20);
        watchdog.reset();
        QElapsedTimer clock;
        clock.start();
        editor.setSource(text);
        QTRY_VERIFY_WITH_TIMEOUT(!editor.isInserting(), 60'000);
        qInfo("pasting 400,000 characters: %lld ms, longest stall %lld ms", clock.elapsed(), watchdog.longestStall());
        QCOMPARE(editor.source(), text);
    }

    void columnsStayAlignedAndScroll()
    {
        const auto source = longText(60'000).toStdString();
        auto written = source;
        for (std::size_t at = written.find("clock"); at != std::string::npos; at = written.find("clock", at + 5))
            written.replace(at, 5, "watch, a very old and slow one");
        const auto document = std::make_shared<const DiffDocument>(
            buildDiffDocument(source, {{0, source.size(), written, false}}, {}, false));
        RowGeometry geometry(2);
        ProseColumn left(m_theme, ProseSide::Source, geometry, 0);
        ProseColumn right(m_theme, ProseSide::Reconstruction, geometry, 1);
        geometry.reset(static_cast<int>(document->rows.size()));
        for (auto* column : {&left, &right}) {
            column->resize(420, 500);
            column->show();
            column->setDocument(document, 0);
        }
        geometry.commit();
        QVERIFY(QTest::qWaitForWindowExposed(&right));
        QTRY_COMPARE(left.verticalScrollBar()->maximum(), right.verticalScrollBar()->maximum());
        const int last = static_cast<int>(document->differences.size()) - 1;
        right.setCurrentDifference(last);
        const int row = document->differences[static_cast<std::size_t>(last)].row;
        QVERIFY(geometry.top(row) >= right.verticalScrollBar()->value());
        QVERIFY(geometry.top(row) < right.verticalScrollBar()->value() + 500);
        right.selectAll();
        QCOMPARE(right.selectedText(false), QString::fromStdString(written));
        QVERIFY(right.selectedText(true).contains(u"{+"_s));
        left.selectAll();
        QCOMPARE(left.selectedText(false), QString::fromStdString(source));
    }

    void theFindBarGoesRound()
    {
        SourceEditor editor(m_theme);
        editor.setSource(u"A cat. A dog. A Cat."_s);
        FindBar bar(m_theme);
        QCOMPARE(editor.find(u"cat"_s, false, 0).count, 2);
        QCOMPARE(editor.find(u"cat"_s, true, 0).count, 1);
        const auto first = editor.find(u"cat"_s, false, 1).current;
        QVERIFY(editor.find(u"cat"_s, false, 1).current != first);
        QCOMPARE(editor.find(u"cat"_s, false, 1).current, first);
        QCOMPARE(editor.find(u"cow"_s, false, 0).count, 0);
    }

    void listsAndLogsCanBeSearched()
    {
        QStandardItemModel model;
        for (const auto& text : {u"omission"_s, u"wording"_s, u"Omission"_s}) {
            auto* item = new QStandardItem(text);
            item->appendRow(new QStandardItem(u"below "_s + text));
            model.appendRow(item);
        }
        FindTree tree;
        tree.setModel(&model);
        QCOMPARE(tree.find(u"omission"_s, false, 0).count, 4);
        QCOMPARE(tree.find(u"omission"_s, true, 0).count, 2);
        tree.setCurrentIndex({});
        QCOMPARE(tree.find(u"wording"_s, false, 0).current, 0);
        QCOMPARE(tree.currentIndex().data().toString(), u"wording"_s);
        QCOMPARE(tree.find(u"wording"_s, false, 1).current, 1);
        QCOMPARE(tree.find(u"wording"_s, false, 1).current, 0);
        QCOMPARE(tree.find(u"wording"_s, false, -1).current, 1);
        QCOMPARE(tree.find(u"nothing"_s, false, 0).count, 0);

        FindText log;
        log.setPlainText(u"error one\ninfo\nError two"_s);
        QCOMPARE(log.find(u"error"_s, false, 0).count, 2);
        QCOMPARE(log.find(u"error"_s, false, 1).current, 1);
        QCOMPARE(log.find(u"error"_s, false, 1).current, 0);
        QCOMPARE(log.find(u"error"_s, false, -1).current, 1);
        QCOMPARE(log.find(u"Error"_s, true, 0).count, 1);
    }

    void menusOfTicksStayOpen()
    {
        CheckMenu menu;
        auto* tick = menu.addAction(u"Tick"_s);
        tick->setCheckable(true);
        auto* plain = menu.addAction(u"Plain"_s);
        menu.popup(QPoint(0, 0));
        QVERIFY(QTest::qWaitForWindowExposed(&menu));
        QTest::mouseClick(&menu, Qt::LeftButton, {}, menu.actionGeometry(tick).center());
        QVERIFY(tick->isChecked());
        QVERIFY(menu.isVisible());
        menu.setActiveAction(tick);
        QTest::keyClick(&menu, Qt::Key_Space);
        QVERIFY(!tick->isChecked());
        QVERIFY(menu.isVisible());
        QTest::mouseClick(&menu, Qt::LeftButton, {}, menu.actionGeometry(plain).center());
        QVERIFY(!menu.isVisible());
    }

    void labelsGiveWay()
    {
        ElidedLabel label(u"A text that is longer than its room"_s);
        label.resize(60, 20);
        label.show();
        QCOMPARE(label.text(), u"A text that is longer than its room"_s);
        QVERIFY(label.QLabel::text().endsWith(u'…'));
        QCOMPARE(label.toolTip(), label.text());
        label.resize(600, 20);
        QCOMPARE(label.QLabel::text(), label.text());
        QVERIFY(label.toolTip().isEmpty());
    }

    void hiddenClassesLoseTheirColour()
    {
        const std::string source = "The captain counted us twice.";
        const auto document = std::make_shared<const DiffDocument>(
            buildDiffDocument(source, {{0, source.size(), "The captain counted us, twice.", false}}, {}, false));
        QVERIFY(!document->differences.empty());
        const auto row = makeProseRow(*document, document->rows.front(), ProseSide::Reconstruction);
        const auto marks = [&](const std::vector<DifferenceClass>& shown) {
            const auto formats = proseFormats(*document, row, m_theme, shown);
            return std::count_if(formats.begin(), formats.end(), [](const auto& range) {
                return range.format.hasProperty(QTextFormat::BackgroundBrush);
            });
        };
        QVERIFY(marks({}) > 0);
        QCOMPARE(marks({DifferenceClass::Repetition}), 0);
        QCOMPARE(marks({document->differences.front().errorClass}), marks({}));
    }

    /// White space shows where it is all that differs; blank lines stay, and lines of code are no paragraphs.
    void whiteSpaceShows()
    {
        const std::string source = "if a-b:\n    c\n\n\nend\n";
        const auto document = std::make_shared<const DiffDocument>(
            buildDiffDocument(source, {{0, source.size(), "if a- b:\n    c\n\n\nend", false}}, {}, false));
        const auto rowOf = [&](std::size_t row, ProseSide side) {
            return makeProseRow(*document, document->rows.at(row), side);
        };
        QCOMPARE(rowOf(0, ProseSide::Source).text, u"if a-b: "_s);
        QCOMPARE(rowOf(0, ProseSide::Inline).text, u"if a-␣b: "_s);
        QCOMPARE(rowOf(1, ProseSide::Source).text, u"    c\u2028\u2028 "_s); // and two blank lines
        QCOMPARE(rowOf(2, ProseSide::Source).text, u"end↵"_s);
        const auto first = rowOf(0, ProseSide::Reconstruction);
        QCOMPARE(plainProse(*document, first, ProseSide::Reconstruction, 0, 20, true), u"if a-{+␣+}b:\n"_s);
        QCOMPARE(plainProse(*document, first, ProseSide::Reconstruction, 0, 20, false), u"if a- b:\n"_s);
        QVERIFY(htmlProse(*document, first, 0, 20).contains(u"<ins>␣</ins>"_s));
        RowGeometry geometry(1);
        ProseColumn column(m_theme, ProseSide::Source, geometry, 0);
        column.resize(400, 300);
        column.show();
        geometry.reset(static_cast<int>(document->rows.size()));
        column.setDocument(document, 0);
        geometry.commit();
        QTRY_VERIFY(geometry.isExact(0, 2));
        QVERIFY(geometry.height(1) > 2 * geometry.height(0)); // three lines
        QVERIFY(geometry.height(0) < 2 * QFontMetrics(m_theme.font(TypeRole::Reading)).height());
    }

    /// Tables and code stand in a fixed pitch, whatever the reader has chosen for prose.
    void columnsStandBelowEachOther()
    {
        const auto table = u"name    | height | year\nNorth   |     12 | 1914\nSouth   |      7 | 1987\n"_s;
        const auto code = u"def f(x):\n    if x:\n        return 1\n    return 2\n"_s;
        for (const auto& text : {table, code}) {
            QVERIFY(isColumnar(text));
            SourceEditor editor(m_theme);
            editor.setSource(text);
            QCOMPARE(editor.font().family(), m_theme.font(TypeRole::Fixed).family());
            editor.setSource(longText(10));
            QCOMPARE(editor.font().family(), m_theme.font(TypeRole::Reading).family());
            const auto source = text.toStdString();
            QVERIFY(buildDiffDocument(source, {{0, source.size(), source, false}}, {}, false).columnar);
        }
        QVERIFY(!isColumnar(longText(10)));
        QVERIFY(!isColumnar(u"A poem.\nOf three.\nShort lines.\n"_s));
    }

    void picturesShowBothColumns()
    {
        const auto source = longText(4000).toStdString();
        const auto document = std::make_shared<const DiffDocument>(
            buildDiffDocument(source, {{0, source.size(), source, false}}, {}, false));
        RowGeometry geometry(2);
        ProseColumn left(m_theme, ProseSide::Source, geometry, 0);
        ProseColumn right(m_theme, ProseSide::Reconstruction, geometry, 1);
        geometry.reset(static_cast<int>(document->rows.size()));
        left.setDocument(document, 0);
        right.setDocument(document, 0);
        QImage image(800, 3000, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        const auto [height, complete] = right.renderAll(painter, image.width(), image.height(), &left);
        painter.end();
        QVERIFY(complete && height > 100 && height < 3000);
        const auto ink = [&, bottom = height](int from, int to) {
            for (int x = from; x < to; ++x)
                for (int y = 0; y < bottom; ++y)
                    if (image.pixelColor(x, y).lightness() < 100)
                        return true;
            return false;
        };
        QVERIFY(ink(0, 400));
        QVERIFY(ink(400, 800));
        const auto cut = right.renderAll(painter, image.width(), 200, &left);
        QVERIFY(!cut.complete && cut.height <= 200);
        QVERIFY(right.renderAll(painter, image.width(), height, &left).complete);
    }

    void theWheelWithControlIsTheWindows()
    {
        RowGeometry geometry(1);
        ProseColumn column(m_theme, ProseSide::Source, geometry, 0);
        TokenView tokens(m_theme);
        SourceEditor editor(m_theme);
        for (auto* view : std::initializer_list<QAbstractScrollArea*>{&column, &tokens, &editor}) {
            QWheelEvent turn({10, 10}, {10, 10}, {}, {0, 120}, Qt::NoButton, Qt::ControlModifier, Qt::NoScrollPhase,
                             false);
            QApplication::sendEvent(view->viewport(), &turn);
            QVERIFY(!turn.isAccepted());
        }
    }

    void wordsStayWhole()
    {
        std::vector<ScoredToken> tokens;
        std::string text;
        for (int i = 0; i < 60; ++i)
            for (const auto* piece : {" men", "ded"}) {
                ScoredToken token;
                token.begin = static_cast<std::int64_t>(text.size());
                text += piece;
                token.end = static_cast<std::int64_t>(text.size());
                token.piece = piece;
                tokens.push_back(token);
            }
        TokenView view(m_theme);
        view.show();
        view.setDocument(std::make_shared<const TokenDocument>(makeTokenDocument(tokens, text, true)));
        for (int width = 200; width < 260; width += 7) {
            view.resize(width, 300);
            const auto starts = view.lineStarts();
            QVERIFY(starts.size() > 5);
            for (const auto first : starts)
                QCOMPARE(first % 2, 0); // " men", never "ded"
        }
    }

    void tokensFollowTheKeyboard()
    {
        std::vector<ScoredToken> tokens;
        std::string text;
        for (int i = 0; i < 300; ++i) {
            ScoredToken token;
            token.begin = static_cast<std::int64_t>(text.size());
            text += "word ";
            token.end = static_cast<std::int64_t>(text.size());
            token.piece = "▁word";
            token.rank = i % 7 == 0 ? 3 : 0;
            tokens.push_back(token);
        }
        TokenView view(m_theme);
        view.resize(300, 200);
        view.show();
        view.setDocument(std::make_shared<const TokenDocument>(makeTokenDocument(tokens, text, true)));
        QTest::keyClick(&view, Qt::Key_Right);
        QCOMPARE(view.currentToken(), 0);
        QTest::keyClick(&view, Qt::Key_Down);
        QVERIFY(view.currentToken() > 1);
        QTest::keyClick(&view, Qt::Key_End);
        QCOMPARE(view.currentToken(), 299);
        QVERIFY(view.verticalScrollBar()->value() > 0);
        QCOMPARE(view.find(u"word"_s, false, 0).count, 300);
    }

private:
    Theme m_theme;
};

QTEST_MAIN(TestWidgets)
#include "test_widgets.moc"
