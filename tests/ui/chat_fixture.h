#pragma once

#include "fake_explorer.h"
#include "pages/chat/chat_page.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"

#include <QAbstractItemModelTester>
#include <QTreeView>

namespace icae {

inline const QString ferry =
    QStringLiteral("The ferry left the pier at six. An old man carried the clock. ").repeated(20);
inline const QString report =
    QStringLiteral("The report says that nobody saw it, and that the clock is lost. ").repeated(3);

/// The Chat page of the real window with the scripted engine, and what tests do with it.
class ChatFixture {
protected:
    bool isReady() const { return m_folder.isValid(); }
    void begin()
    {
        m_settings = m_folder.filePath(QString::number(++m_windows));
        qputenv("ICAE_FAKE_LIBRARY", (m_settings + QStringLiteral("-library")).toUtf8());
        open();
    }
    void end()
    {
        m_testers.clear();
        m_explorer.reset();
        qunsetenv("ICAE_FAKE_LIBRARY");
        qunsetenv("ICAE_FAKE_MEMORIES");
    }

    void open(bool test = true)
    {
        m_explorer = std::make_unique<FakeExplorer>(m_settings);
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
        m_explorer->window->showPage(QStringLiteral("chat"));
        m_testers.clear();
        if (!test)
            return;
        m_testers.push_back(std::make_unique<QAbstractItemModelTester>(&memories()));
        m_testers.push_back(std::make_unique<QAbstractItemModelTester>(&page().conversation()));
        m_testers.push_back(std::make_unique<QAbstractItemModelTester>(&page().store().list()));
    }

    /// A model, and two memories that are used.
    bool prepare()
    {
        if (!m_explorer->start() || !QTest::qWaitFor([this] { return page().memories().isListed(); }))
            return false;
        page().memories().addText(ferry, QStringLiteral("ferry"));
        page().memories().addText(report, QStringLiteral("report"));
        return QTest::qWaitFor([this] { return memories().used().size() == 2; });
    }

    ChatPage& page() { return *m_explorer->window->findChild<ChatPage*>(); }
    MemoryTreeModel& memories() { return page().memories().model(); }
    QTreeView& tree() { return page().memories().tree(); }
    ConversationRow row(int at) { return *page().conversation().at(page().conversation().index(at)); }
    QString answer(int at, std::size_t cell)
    {
        if (page().conversation().rowCount() <= at || row(at).cells.size() <= cell)
            return {};
        return row(at).cells[cell].text;
    }
    void current(int at)
    {
        page().view().setFocus();
        page().view().setCurrentIndex(page().conversation().index(at));
    }
    void write(const QString& text) { page().composer().setPlainText(text); }
    void enter() { QTest::keyClick(&page().composer(), Qt::Key_Return); }
    void ask(const QString& text)
    {
        QVERIFY(QTest::qWaitFor([this] { return !page().isAnswering(); }));
        write(text);
        enter();
    }

    QTemporaryDir m_folder;
    QString m_settings;
    int m_windows = 0;
    std::unique_ptr<FakeExplorer> m_explorer;
    std::vector<std::unique_ptr<QAbstractItemModelTester>> m_testers;
};

} // namespace icae
