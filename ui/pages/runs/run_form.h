#pragma once

#include "pages/page.h"

#include <QLabel>
#include <QTimer>
#include <QWidget>

#include <chrono>
#include <functional>

class QGridLayout;
class QPushButton;
class QScrollArea;

namespace icae {

/// What the forms of new runs share: fields with what is wrong with each beside them, checked as one writes, what the
/// run comes to, its command line, and files of the engine's that are dropped or chosen.
class RunForm : public QWidget {
    Q_OBJECT

public:
    bool isReady() const { return m_ready; } ///< nothing is known to be wrong with it

Q_SIGNALS:
    void cancelled();

protected:
    struct Words {
        QString start; ///< "Start the study"
        QString estimate; ///< of the button, …
        QString estimates; ///< … and what it does
        std::chrono::milliseconds checkAfter; ///< the last change
    };

    /// A control, and a line below it for what is wrong with it.
    struct Field {
        std::string name; ///< as problems have it
        QLabel* label = nullptr;
        QWidget* editor = nullptr;
        QLabel* problem = nullptr;
    };

    RunForm(const PageContext& context, const Words& words, QWidget* parent);

    virtual void start() = 0; ///< asked for; it is ready
    virtual void check() = 0;
    virtual void estimate() = 0;
    /// @param at where they were dropped
    virtual void takeFiles(const QStringList& files, const QPoint& at) = 0;

    static QGridLayout* makeGrid(QWidget* rows);
    static QScrollArea* makeScroll(QWidget* rows);
    static Field addField(QGridLayout& grid, std::string name, const QString& title, QWidget* editor);
    static void showProblem(const Field& field, const QString& text); ///< empty: none
    static void showField(const Field& field, bool used);
    /// @param beside the buttons that every form has: after Cancel, and before Estimate
    QWidget* makeFoot(QWidget* beside, QPushButton* before);

    void changed(); ///< it is checked soon
    /// Asks whether it is right, in place of what was asked before.
    template <typename Params, typename Result>
    void askWhether(const protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params,
                    std::function<void(const std::type_identity_t<Result>&)> take);
    void setChecked(const QStringList& whole, bool ready); ///< @param whole what is wrong with no field
    /// Asks what it takes.
    template <typename Params, typename Result>
    void askFor(const protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params,
                std::function<QString(const std::type_identity_t<Result>&)> text);
    bool isEstimating() const { return m_estimateRequest >= 0; }
    void showWhole(const QString& text);
    void showError(const Error& why);
    void setComesTo(const QString& text) { m_comesTo->setText(text); }
    void setCommand(const QString& text) { m_command->setText(text); }
    /// Asks for files of the engine's machine.
    void chooseFiles(const QString& title, const QStringList& filters,
                     const std::function<void(const QStringList&)>& chosen);

    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog& m_catalog;

private:
    void startIfReady();
    void updateButtons();

    Words m_words;
    QLabel* m_whole;
    QLabel* m_comesTo;
    QLabel* m_command;
    QPushButton* m_estimate;
    QPushButton* m_start;
    QTimer m_checkTimer;
    std::int64_t m_checkRequest = -1;
    std::int64_t m_estimateRequest = -1;
    bool m_ready = false;
};

template <typename Params, typename Result>
void RunForm::askWhether(const protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params,
                         std::function<void(const std::type_identity_t<Result>&)> take)
{
    if (m_checkRequest >= 0)
        m_client.cancel(m_checkRequest);
    m_checkRequest = m_client.call(method, params, this,
                                   {.done =
                                        [this, take = std::move(take)](const Result& found) {
                                            m_checkRequest = -1;
                                            if (!m_checkTimer.isActive()) // what was checked is still there
                                                take(found);
                                        },
                                    .failed =
                                        [this](const Error& why) {
                                            if (why.kind() != ErrorKind::Cancelled)
                                                showWhole(QString::fromStdString(why.message()));
                                        }});
}

template <typename Params, typename Result>
void RunForm::askFor(const protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params,
                     std::function<QString(const std::type_identity_t<Result>&)> text)
{
    m_estimateRequest = m_client.call(method, params, this,
                                      {.done =
                                           [this, text = std::move(text)](const Result& found) {
                                               m_estimateRequest = -1;
                                               updateButtons();
                                               setComesTo(text(found));
                                           },
                                       .failed =
                                           [this](const Error& why) {
                                               m_estimateRequest = -1;
                                               updateButtons();
                                               setComesTo({});
                                               if (why.kind() != ErrorKind::Cancelled)
                                                   showError(why);
                                           }});
    updateButtons();
}

} // namespace icae
