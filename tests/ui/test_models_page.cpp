#include "fake_explorer.h"

#include "models/model_tree_model.h"
#include "widgets/common/memory_bars.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFileDialog>
#include <QPushButton>
#include <QTreeView>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

} // namespace

/// The Models page with a scripted engine.
class TestModelsPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void init()
    {
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(QString::number(++m_windows)));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
        m_explorer->window->showPage(u"models"_s);
    }

    void cleanup() { m_explorer.reset(); }

    void emptyWithoutAnEngine()
    {
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->models(), u"No models found"_s)
                    || FakeExplorer::shows(m_explorer->models(), u"No model selected"_s));
        QVERIFY(!button(u"Load"_s)->isVisible());
    }

    void whatWasFound()
    {
        const QAbstractItemModelTester tester(list().model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(indexOf(u"nano"_s).isValid());
        QTRY_COMPARE(list().currentIndex().data().toString(), u"reconstruct"_s); // what is loaded
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->models(), u"/models/nano/reconstruct"_s));

        list().setCurrentIndex(indexOf(u"nano"_s));
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->models(), u"LlamaForCausalLM"_s));
        QVERIFY(button(u"Load"_s)->isEnabled());

        list().setCurrentIndex(indexOf(u"huge"_s)); // what `icae info` says of it
        for (const auto& fact : {u"<|begin_of_text|> (128000)"_s, u"<|end_of_text|> (128001), <|eot_id|> (128009)"_s,
                                 u"llama3, factor 8"_s, u"lm_head.weight is not used"_s, u"0123456789abcdef:tensors"_s})
            QTRY_VERIFY2(FakeExplorer::shows(m_explorer->models(), fact), qPrintable(fact));

        list().setCurrentIndex(indexOf(u"broken"_s));
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->models(), u"GPT2LMHeadModel"_s));
        QVERIFY(!button(u"Load"_s)->isEnabled());
        list().setCurrentIndex(indexOf(u"large"_s));
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->models(), u"hidden size 4096, not 512"_s));
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->models(), u"The rank is taken from the tensors."_s));
        QVERIFY(!button(u"Load"_s)->isEnabled());
    }

    void memoryAgainstWhatIsFree()
    {
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(indexOf(u"nano"_s).isValid());
        auto* bars = m_explorer->models().findChild<MemoryBars*>();
        list().setCurrentIndex(indexOf(u"nano"_s));
        QTRY_VERIFY(bars->isVisible());
        QVERIFY2(bars->accessibleDescription().startsWith(u"CPU (2 threads): needs "_s)
                     && !bars->accessibleDescription().section(u'.', 0, 1).contains(u"only"_s),
                 qPrintable(bars->accessibleDescription()));
        list().setCurrentIndex(indexOf(u"huge"_s));
        QVERIFY2(bars->accessibleDescription().contains(u"and only"_s), qPrintable(bars->accessibleDescription()));
        const auto before = bars->accessibleDescription();
        for (auto* box : m_explorer->models().findChildren<QComboBox*>())
            if (const int half = box->findData(u"bf16"_s); half >= 0)
                box->setCurrentIndex(half);
        QVERIFY(bars->accessibleDescription() != before); // half the bytes on the CPU, too
    }

    void loadsAndUnloads()
    {
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(indexOf(u"chat"_s).isValid());
        list().setCurrentIndex(indexOf(u"chat"_s));
        QTest::mouseClick(button(u"Load"_s), Qt::LeftButton);
        QTRY_COMPARE(m_explorer->client.model()->adapter, std::string("/models/nano/chat"));
        QVERIFY(indexOf(u"chat"_s).data(Qt::FontRole).value<QFont>().bold());
        QTRY_COMPARE(m_explorer->settings.model().adapter, u"/models/nano/chat"_s); // for the next start
        QVERIFY(button(u"Load again"_s) != nullptr);
        m_explorer->key(Qt::Key_U, Qt::ControlModifier);
        QTRY_VERIFY(!m_explorer->client.model().has_value());
        QVERIFY(!button(u"Unload"_s)->isEnabled());
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(m_explorer->client.model().has_value());
    }

    void whatCannotBeLoadedSaysWhy()
    {
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(indexOf(u"huge"_s).isValid());
        list().setCurrentIndex(indexOf(u"huge"_s));
        QTest::mouseClick(button(u"Load"_s), Qt::LeftButton);
        auto& notice = *m_explorer->models().findChild<NoticeBar*>();
        QTRY_VERIFY(notice.showsError());
        QVERIFY(FakeExplorer::shows(notice, u"The model needs 64 GB, and 8 GB are free. Choose a smaller model."_s));
        QTRY_VERIFY(button(u"Load"_s)->isEnabled());
    }

    void aLoadCanBeStopped()
    {
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(indexOf(u"slow"_s).isValid());
        const auto before = m_explorer->settings.model();
        list().setCurrentIndex(indexOf(u"slow"_s));
        QTest::mouseClick(button(u"Load"_s), Qt::LeftButton);
        QTRY_VERIFY(m_explorer->window->statusLine().text().contains(u"Reading the weights"_s));
        QVERIFY(button(u"Loading…"_s) != nullptr && !button(u"Loading…"_s)->isEnabled());
        m_explorer->key(Qt::Key_Escape);
        QTRY_VERIFY(button(u"Load"_s) != nullptr && button(u"Load"_s)->isEnabled());
        QVERIFY(!m_explorer->models().findChild<NoticeBar*>()->showsError());
        QCOMPARE(m_explorer->client.model()->base, std::string("/models/nano/base")); // as before
        QCOMPARE(m_explorer->settings.model(), before);
    }

    /// Who adds a folder expects models from it.
    void aFolderWithoutModelsIsToldOf()
    {
        QVERIFY(m_explorer->start());
        m_explorer->window->showPage(u"models"_s);
        m_explorer->key(Qt::Key_O, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = m_explorer->models().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        Q_EMIT dialog->fileSelected(u"/tmp/empty"_s);
        dialog->reject();
        auto& notice = *m_explorer->models().findChild<NoticeBar*>();
        QTRY_VERIFY(FakeExplorer::shows(notice, u"There is no model in /tmp/empty."_s));
    }

    void foldersThatCannotBeSearchedAreNamed()
    {
        m_explorer->settings.setModelFolders({u"/nowhere"_s});
        QVERIFY(m_explorer->start());
        auto& notice = *m_explorer->models().findChild<NoticeBar*>();
        QTRY_VERIFY(notice.isVisible());
        QVERIFY(FakeExplorer::shows(notice, u"There is no folder /nowhere. Remove it from the list."_s));
        m_explorer->settings.setModelFolders({});
        QTRY_VERIFY(!notice.isVisible());
    }

private:
    QTreeView& list() { return *m_explorer->models().findChild<QTreeView*>(); }

    QModelIndex indexOf(const QString& name)
    {
        const auto* model = list().model();
        const auto found = model->match(model->index(0, 0), Qt::DisplayRole, name, 1,
                                        Qt::MatchExactly | Qt::MatchRecursive | Qt::MatchCaseSensitive);
        return found.isEmpty() ? QModelIndex() : found.front();
    }

    QPushButton* button(const QString& text)
    {
        for (auto* button : m_explorer->models().findChildren<QPushButton*>())
            if (button->text() == text)
                return button;
        return nullptr;
    }

    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
    int m_windows = 0;
};

QTEST_MAIN(TestModelsPage)
#include "test_models_page.moc"
