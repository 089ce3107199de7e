#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/frame.h"
#include "session/engine_process.h"
#include "session/response_decoder.h"

#include <QObject>
#include <QPointer>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace icae {

/// What becomes of a request. Each is called on the client's thread, never from within call(), and not after the
/// request's context object is gone.
template <typename Result> struct Handlers {
    std::function<void(const Result&)> done = {};
    std::function<void(const Error&)> failed = {}; ///< EngineClient::failed() is emitted where this is empty
    std::function<void(const ProgressNote&)> progress = {};
    std::function<void(const TokensNote&)> tokens = {};
};

/// A request that has no answer yet, as others than its maker see it.
struct EngineRequest {
    protocol::MethodInfo method;
    QPointer<QObject> context; ///< whose it is
};

/// Speaks with the engine: typed requests, progress, and what was lost where the engine dies. Requests made before the
/// engine is ready are sent once it is; the model that was loaded is loaded again after a restart, before anything
/// else.
class EngineClient : public QObject {
    Q_OBJECT

public:
    enum class State {
        Stopped,
        Connecting, ///< started, has not introduced itself yet
        Ready,
        Restarting, ///< lost; starts again by itself
        Failed, ///< cannot be started or understood; start() tries again
    };
    Q_ENUM(State)

    explicit EngineClient(QObject* parent = nullptr);
    ~EngineClient() override;
    EngineClient(const EngineClient&) = delete;
    EngineClient& operator=(const EngineClient&) = delete;

    /// See EngineProcess::setCommand(); an engine that runs is replaced.
    void setCommand(const QString& commandLine);
    void start(); ///< returns at once
    void stop();

    State state() const { return m_state; }
    const InitializeResult& engine() const { return m_engine; } ///< what it said of itself when it became ready
    const std::optional<LoadedModel>& model() const { return m_model; }
    const EngineProcess& process() const { return m_process; }
    bool isBusy() const { return !m_pending.empty(); }

    /// Sends a request, e.g. `client.call(protocol::ask, params, this, {.done = …})`.
    /// @param context the request is cancelled where this object is destroyed; null: the client itself
    /// @return the request's id, for cancel() and the signals
    template <typename Params, typename Result>
    std::int64_t call(const protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params,
                      QObject* context, std::type_identity_t<Handlers<Result>> handlers = {});

    /// Asks a request to end. It still ends with done() (a reconstruction keeps what was written) or failed()
    /// (Cancelled).
    void cancel(std::int64_t id);
    /// A request that has no answer yet; null: it has.
    const EngineRequest* request(std::int64_t id) const;

Q_SIGNALS:
    void stateChanged(icae::EngineClient::State state);
    void modelChanged(); ///< model() is another, or none
    void requestStarted(qint64 id, const QString& method);
    void progressed(const icae::ProgressNote& note);
    void requestEnded(qint64 id, const QString& method);
    /// Of requests that do not handle it themselves. @param context the request's, never null
    void failed(const QString& method, const icae::Error& why, QObject* context);
    void lost(const icae::Error& why); ///< the engine died; once, also where several requests fail with it
    void logged(const icae::LogNote& note); ///< the engine's log, its standard error included

private:
    struct Pending {
        EngineRequest request;
        ResponseDecoder::Decode decode;
        std::function<void(const Error&)> failed;
        std::function<void(const ProgressNote&)> progress;
        std::function<void(const TokensNote&)> tokens;
        std::string content; ///< of a request that is yet to be sent
        bool cancelled = false;
    };

    std::int64_t add(Pending pending);
    void send(std::int64_t id);
    void sendWaiting();
    void introduce();
    void receive(const QByteArray& bytes);
    void take(const DecodedMessage& decoded);
    void takeNotification(const RpcMessage& message);
    std::optional<Pending> finish(std::int64_t id);
    void fail(std::int64_t id, const Error& why);
    void failLater(std::int64_t id, const Error& why); ///< not before the caller has the id
    void onLost(const Error& why);
    void setState(State state);
    void setModel(std::optional<LoadedModel> model);
    void note(LogLevel level, const std::string& message, const std::string& details = {});

    template <typename Params, typename Result> void remember(const Params& params, const Result& result);

    EngineProcess m_process;
    ResponseDecoder m_decoder;
    std::unique_ptr<FrameReader> m_frames; ///< a new one each start
    State m_state = State::Stopped;
    InitializeResult m_engine;
    std::optional<LoadedModel> m_model;
    std::optional<LoadModelParams> m_wanted; ///< loads the present model
    std::int64_t m_lastId = 0; ///< ids are never used again, so that a stale answer finds nobody
    std::map<std::int64_t, Pending> m_pending; ///< in order
};

template <typename Params, typename Result> void EngineClient::remember(const Params& params, const Result& result)
{
    if constexpr (std::is_same_v<Result, LoadedModel>) {
        if (params.beside)
            return;
        m_wanted = params;
        setModel(result);
    } else if constexpr (std::is_same_v<Result, EngineStatus>) {
        if (!result.model)
            m_wanted.reset();
        setModel(result.model);
    } else if constexpr (std::is_same_v<Result, InitializeResult>) {
        m_engine = result;
    }
}

template <typename Params, typename Result>
std::int64_t EngineClient::call(const protocol::Method<Params, Result>& method,
                                const std::type_identity_t<Params>& params, QObject* context,
                                std::type_identity_t<Handlers<Result>> handlers)
{
    Pending pending;
    pending.request = {method, context == nullptr ? this : context};
    pending.content = requestContent(m_lastId + 1, method.name, nlohmann::json(params));
    pending.failed = std::move(handlers.failed);
    pending.progress = std::move(handlers.progress);
    pending.tokens = std::move(handlers.tokens);
    const auto kept = [&] { // only what remember() looks at
        if constexpr (std::is_same_v<Result, LoadedModel>)
            return params;
        else
            return NoParams{};
    }();
    const auto done = std::make_shared<const std::function<void(const Result&)>>(std::move(handlers.done));
    pending.decode = [this, kept, done, receiver = pending.request.context](const nlohmann::json& json) {
        auto result = std::make_shared<const Result>(fromJson<Result>(JsonReader(json, "the engine's answer")));
        return [this, kept, done, receiver, result] {
            remember(kept, *result);
            if (*done && receiver)
                (*done)(*result);
        };
    };
    return add(std::move(pending));
}

} // namespace icae
