#pragma once

#include "pages/all_pages.h"
#include "pages/compress/compress_controls.h"
#include "pages/compress/compress_page.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/source_pane.h"
#include "pages/compress/token_pane.h"
#include "pages/models/models_page.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"
#include "widgets/common/notice_bar.h"
#include "window/main_window.h"
#include "window/status_line.h"

#include <QAbstractButton>
#include <QApplication>
#include <QLabel>
#include <QtTest>

namespace icae {

/// The real window with the scripted engine of tests/client/fake_engine.cpp.
class FakeExplorer {
public:
    /// @param settingsFile what the window remembers
    explicit FakeExplorer(const QString& settingsFile)
        : settings(settingsFile)
    {
        using namespace Qt::StringLiterals;
        theme.apply();
        client.setCommand(u"\"%1\""_s.arg(QStringLiteral(FAKE_ENGINE)));
        window = std::make_unique<MainWindow>(theme, client, settings, QStringList{u"/models/nano"_s}, allPages());
        window->show();
        QApplication::setActiveWindow(window.get());
    }

    /// @return false where the engine or its model do not come
    bool start()
    {
        client.start();
        return QTest::qWaitFor([this] { return client.model().has_value(); });
    }
    bool load(const char* base, const char* adapter)
    {
        bool done = false;
        client.call(protocol::modelsLoad, {base, adapter, "auto", "auto", {}}, window.get(),
                    {.done = [&](const LoadedModel& /*model*/) { done = true; }});
        return QTest::qWaitFor([&] { return done; });
    }

    CompressPage& page() { return *window->findChild<CompressPage*>(); }
    ModelsPage& models() { return *window->findChild<ModelsPage*>(); }
    ResultPane& result() { return *page().findChild<ResultPane*>(); }
    SourcePane& source() { return *page().findChild<SourcePane*>(); }
    CompressControls& controls() { return *page().findChild<CompressControls*>(); }
    NoticeBar& notice() { return *page().findChild<NoticeBar*>(); }

    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(window.get(), key, modifiers);
    }
    /// Sets the text and waits for its plan.
    bool write(const QString& text)
    {
        page().setSource(text);
        return QTest::qWaitFor([this] { return page().plan().has_value(); });
    }
    /// Ctrl+Enter, and waits for the end.
    bool run()
    {
        key(Qt::Key_Return, Qt::ControlModifier);
        return QTest::qWaitFor([this] { return page().isRunning(); }) && waitForEnd();
    }
    bool waitForEnd()
    {
        return QTest::qWaitFor([this] { return !page().isRunning(); });
    }

    /// Whether a label or a button in sight says this, or is called so.
    static bool shows(const QWidget& widget, const QString& text)
    {
        const auto said = [&](const QWidget* part, const QString& label) {
            return part->isVisible()
                && (label.contains(text) || part->accessibleName().contains(text, Qt::CaseInsensitive));
        };
        const auto labels = widget.findChildren<QLabel*>();
        const auto buttons = widget.findChildren<QAbstractButton*>();
        return std::any_of(labels.begin(), labels.end(), [&](const QLabel* one) { return said(one, one->text()); })
            || std::any_of(buttons.begin(), buttons.end(),
                           [&](const QAbstractButton* one) { return said(one, one->text()); });
    }

    Settings settings;
    Theme theme;
    EngineClient client;
    std::unique_ptr<MainWindow> window;
};

} // namespace icae
