#include "pages/all_pages.h"
#include "pages/compress/compress_page.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/source_pane.h"
#include "pages/models/models_page.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"
#include "widgets/text/row_geometry.h"
#include "window/main_window.h"
#include "window/settings_menu.h"
#include "window/status_line.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QSlider>
#include <QtTest>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

/// Own controls only: not the parts that Qt makes, such as a spin box's line edit.
template <typename Kind> QList<Kind*> ownControls(const QWidget& window)
{
    auto controls = window.findChildren<Kind*>();
    controls.removeIf([](const Kind* control) { // Qt's own, that which clears a line among them
        return control->objectName().startsWith("qt_"_L1) || control->inherits("QLineEditIconButton");
    });
    return controls;
}

bool isNamed(const QWidget& widget)
{
    const auto* button = qobject_cast<const QAbstractButton*>(&widget);
    return !widget.accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty())
        || std::any_of(widget.parentWidget()->children().begin(), widget.parentWidget()->children().end(),
                       [&](const QObject* sibling) {
                           const auto* label = qobject_cast<const QLabel*>(sibling);
                           return label != nullptr && label->buddy() == &widget;
                       });
}

} // namespace

/// The window without an engine: what can be reached by keyboard, what has a name, what has room.
class TestWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_theme.apply();
        m_settings = std::make_unique<Settings>(m_folder.filePath(u"settings.ini"_s));
        m_settings->setTheme(Settings::Theme::Light);
        m_window = std::make_unique<MainWindow>(m_theme, m_client, *m_settings, QStringList(), allPages());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

    void everyLineOfTheSheetHasItsKeys()
    {
        QTest::keyClick(m_window.get(), Qt::Key_F1);
        auto* sheet = m_window->findChild<QDialog*>();
        QVERIFY(sheet != nullptr);
        QStringList keys;
        const auto labels = sheet->findChildren<QLabel*>();
        for (const auto* label : labels)
            if (label->property("keycap").toBool())
                keys += label->text();
        QVERIFY(keys.size() > 50);
        QVERIFY(!keys.contains(QString()));
        QVERIFY(sheet->height() <= 800);
        // On one page a key means one thing; pages share what is alike.
        for (const auto* page : m_window->pages()) {
            QStringList own;
            for (const auto& group : page->shortcuts())
                for (const auto& entry : group.entries)
                    own += entry.keys;
            for (const auto& shared : {u"Ctrl+Enter"_s, u"Enter"_s, u"Arrows"_s}) // of the view that has the focus
                own.removeAll(shared);
            for (const auto& key : QSet<QString>(own.begin(), own.end()))
                QVERIFY2(own.count(key) == 1, qPrintable(page->id() + u": "_s + key));
        }
        sheet->close();
        QTRY_VERIFY(m_window->findChild<QDialog*>() == nullptr);
        QApplication::setActiveWindow(m_window.get()); // without a window manager nobody else does it
    }

    void everyActionOfAMenuHasAShortcutOrIsAChoice()
    {
        const auto* menu = m_window->findChild<SettingsMenu*>();
        QVERIFY(menu != nullptr);
        for (const auto* action : menu->actions())
            QVERIFY2(action->isSeparator() || !action->shortcut().isEmpty(), qPrintable(action->text()));
    }

    void everyControlHasAName()
    {
        for (const auto* control : ownControls<QAbstractButton>(*m_window))
            QVERIFY2(isNamed(*control), // also where it is hidden until it has its text
                     qPrintable(u"%1 in %2: %3"_s.arg(QLatin1String(control->metaObject()->className()),
                                                      QLatin1String(control->parent()->metaObject()->className()),
                                                      control->toolTip())));
        for (const auto* control : ownControls<QSlider>(*m_window))
            QVERIFY(isNamed(*control));
        for (const auto* control : ownControls<QComboBox>(*m_window))
            QVERIFY2(isNamed(*control), qPrintable(control->parentWidget()->accessibleName() + control->currentText()));
        for (const auto* control : ownControls<QAbstractSpinBox>(*m_window))
            QVERIFY2(isNamed(*control), control->metaObject()->className());
        for (const auto* control : ownControls<QAbstractItemView>(*m_window))
            QVERIFY2(isNamed(*control) || qobject_cast<const QHeaderView*>(control) != nullptr
                         || qobject_cast<const QComboBox*>(control->parentWidget()->parentWidget()) != nullptr,
                     control->metaObject()->className());
    }

    void nothingIsCutOff()
    {
        for (const auto& size : {QSize(1280, 800), QSize(1100, 700), m_window->minimumSize()}) {
            m_window->resize(size);
            QTest::qWait(20);
            for (const auto* part : m_window->centralWidget()->findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
                QVERIFY2(part->minimumSizeHint().width() <= part->width(), part->metaObject()->className());
            for (const auto* page : m_window->pages()) {
                m_window->showPage(page->id());
                QTest::qWait(20);
                QVERIFY2(page->minimumSizeHint().width() <= page->width(),
                         qPrintable(u"%1 needs %2, has %3"_s.arg(page->id())
                                        .arg(page->minimumSizeHint().width())
                                        .arg(page->width())));
                QVERIFY2(page->minimumSizeHint().height() <= page->height(),
                         qPrintable(u"%1 needs a height of %2, has %3"_s.arg(page->id())
                                        .arg(page->minimumSizeHint().height())
                                        .arg(page->height())));
                for (const auto* button : ownControls<QAbstractButton>(*m_window))
                    QVERIFY2(!button->isVisible() || button->width() >= button->minimumSizeHint().width(),
                             qPrintable(u"%1 on %2 at %3"_s.arg(button->text(), page->id()).arg(size.width())));
            }
        }
        m_window->showPage(u"compress"_s);
    }

    void fitsSmallScreens()
    {
        const QSize frame(8, 40);
        QVERIFY(m_window->minimumWidth() + frame.width() <= 900);
        QVERIFY(m_window->minimumHeight() + frame.height() <= 600);
        for (const auto& screen : {QSize(1366, 768), QSize(1280, 720), QSize(900, 600)}) {
            const auto size = MainWindow::firstSize(screen);
            QVERIFY(size.width() <= screen.width() && size.height() + frame.height() <= screen.height());
        }
        QCOMPARE(MainWindow::firstSize({2560, 1440}), QSize(1280, 800));
        // Panes side by side, and one above the other where that is too narrow.
        auto* source = m_window->findChild<SourcePane*>();
        auto* result = m_window->findChild<ResultPane*>();
        m_window->resize(1280, 800);
        QTRY_VERIFY(source->geometry().right() < result->geometry().left());
        m_window->resize(m_window->minimumSize());
        QTRY_VERIFY(source->geometry().bottom() < result->geometry().top());
        QVERIFY(source->height() >= 80 && result->height() >= 80);
        m_window->resize(1280, 800);
        QTRY_VERIFY(source->geometry().right() < result->geometry().left());
    }

    void settingsActAtOnce()
    {
        QTest::keyClick(m_window.get(), Qt::Key_D, Qt::AltModifier | Qt::ShiftModifier);
        QVERIFY(m_theme.isDark());
        QCOMPARE(m_settings->theme(), Settings::Theme::Dark);
        QTest::keyClick(m_window.get(), Qt::Key_L, Qt::AltModifier | Qt::ShiftModifier);
        QVERIFY(!m_theme.isDark());
        const auto size = m_theme.readingSize();
        QTest::keyClick(m_window.get(), Qt::Key_Plus, Qt::ControlModifier);
        QCOMPARE(m_theme.readingSize(), std::round(size) + 1);
        QTest::keyClick(m_window.get(), Qt::Key_0, Qt::ControlModifier);
        QCOMPARE(m_theme.readingSize(), size);
        auto* editor = m_window->findChild<SourceEditor*>();
        QWheelEvent wheel(QPointF(5, 5), editor->mapToGlobal(QPointF(5, 5)), {}, QPoint(0, 120), Qt::NoButton,
                          Qt::ControlModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(editor->viewport(), &wheel);
        QVERIFY(!wheel.isAccepted()); // goes up to the window, as events of the mouse do by themselves
        QApplication::sendEvent(m_window.get(), &wheel);
        QCOMPARE(m_theme.readingSize(), std::round(size) + 1);
        m_settings->setFontSize(0);
        QTest::keyClick(m_window.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_theme.monospaceReading());
        m_settings->setMonospaceTexts(false);
    }

    void reportsStayUntilSomethingRuns()
    {
        QVERIFY(m_window->statusLine().text().contains(u"engine"_s));
        m_window->statusLine().report(u"Reconstructed"_s); // is told once the engine is ready
        QVERIFY(m_window->statusLine().text().contains(u"engine"_s));
    }

    void inlineHasThePageToItself()
    {
        auto& page = *m_window->findChild<CompressPage*>();
        auto* source = m_window->findChild<SourcePane*>();
        auto* result = m_window->findChild<ResultPane*>();
        page.setSource(u"One. Two."_s);
        result->setMode(ResultPane::Mode::Inline);
        QVERIFY(source->isVisible()); // it is edited
        const auto document = std::make_shared<const DiffDocument>(
            buildDiffDocument("One. Two.", {{0, 9, "One. Too.", false}}, {}, false));
        auto* geometry = page.findChild<RowGeometry*>();
        QVERIFY(geometry != nullptr);
        geometry->reset(static_cast<int>(document->rows.size()));
        source->setDocument(document, 0);
        source->setEditing(false);
        QVERIFY(!source->isVisible());
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        QVERIFY(source->isVisible() && source->isEditing());
        source->setEditing(false);
        result->setMode(ResultPane::Mode::SideBySide);
        QVERIFY(source->isVisible());
        source->setDocument(nullptr, 0);
    }

    void filesThatCannotBeReadAreSaid()
    {
        auto& page = *m_window->findChild<CompressPage*>();
        page.setSource(u"Still here."_s);
        page.openFile(m_folder.filePath(u"missing.txt"_s));
        QCOMPARE(page.source(), u"Still here."_s);
        QFile file(m_folder.filePath(u"text.txt"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("Grüße.");
        file.close();
        page.openFile(file.fileName());
        QCOMPARE(page.source(), u"Grüße."_s);
        QCOMPARE(m_settings->recentFiles(), QStringList{file.fileName()});
    }

    void cleanupTestCase() { m_window.reset(); }

private:
    QTemporaryDir m_folder;
    Theme m_theme;
    EngineClient m_client;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(TestWindow)
#include "test_window.moc"
