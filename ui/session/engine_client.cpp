#include "session/engine_client.h"

#include <QCoreApplication>

#include <utility>
#include <vector>

using namespace Qt::StringLiterals;

namespace icae {

namespace {

Error cancelledError()
{
    return {ErrorKind::Cancelled, EngineClient::tr("Stopped.").toStdString(), {}};
}

template <typename Note> Note readNote(const RpcMessage& message)
{
    return fromJson<Note>(JsonReader(message.params, "the engine's " + message.method));
}

} // namespace

EngineClient::EngineClient(QObject* parent)
    : QObject(parent)
    , m_decoder(this, [this](const DecodedMessage& decoded) { take(decoded); })
{
    connect(&m_process, &EngineProcess::started, this, &EngineClient::introduce);
    connect(&m_process, &EngineProcess::received, this, &EngineClient::receive);
    connect(&m_process, &EngineProcess::lost, this, &EngineClient::onLost);
    connect(&m_process, &EngineProcess::logged, this,
            [this](const QString& line) { note(LogLevel::Info, line.toStdString()); });
    connect(&m_process, &EngineProcess::stateChanged, this, [this](EngineProcess::State state) {
        if (state == EngineProcess::State::Starting)
            setState(State::Connecting);
    });
}

EngineClient::~EngineClient()
{
    m_process.disconnect(this);
}

void EngineClient::setCommand(const QString& commandLine)
{
    const auto before = m_process.command();
    m_process.setCommand(commandLine);
    if (m_state == State::Stopped || m_process.command() == before)
        return;
    stop();
    start();
}

void EngineClient::start()
{
    m_process.start();
}

void EngineClient::stop()
{
    m_process.stop();
    setState(State::Stopped);
    setModel(std::nullopt);
    const Error why(ErrorKind::EngineLost, tr("The engine was stopped.").toStdString(),
                    tr("Start it again and repeat the action.").toStdString());
    while (!m_pending.empty())
        fail(m_pending.begin()->first, why);
}

void EngineClient::cancel(std::int64_t id)
{
    const auto found = m_pending.find(id);
    if (found == m_pending.end() || std::exchange(found->second.cancelled, true))
        return;
    if (found->second.content.empty()) {
        const auto content = notificationContent(protocol::cancelRequest.name, nlohmann::json(CancelParams{id}));
        m_process.write(QByteArray::fromStdString(framed(content)));
    } else { // has not been sent, and never will be
        failLater(id, cancelledError());
    }
}

void EngineClient::failLater(std::int64_t id, const Error& why)
{
    QMetaObject::invokeMethod(
        this, [this, id, why] { fail(id, why); }, Qt::QueuedConnection);
}

const EngineRequest* EngineClient::request(std::int64_t id) const
{
    const auto found = m_pending.find(id);
    return found == m_pending.end() ? nullptr : &found->second.request;
}

std::int64_t EngineClient::add(Pending pending)
{
    const auto id = ++m_lastId;
    m_decoder.expect(id, pending.decode);
    if (pending.request.context != this)
        connect(pending.request.context, &QObject::destroyed, this, [this, id] { cancel(id); });
    const auto method = QString::fromLatin1(pending.request.method.name);
    m_pending.emplace(id, std::move(pending));
    Q_EMIT requestStarted(id, method);
    if (m_state == State::Ready) {
        send(id);
    } else if (m_state == State::Failed) {
        failLater(id,
                  Error(ErrorKind::EngineLost, tr("The engine is not running.").toStdString(),
                        tr("Check its command in the settings, and start it again.").toStdString()));
    }
    return id;
}

void EngineClient::send(std::int64_t id)
{
    const auto found = m_pending.find(id);
    if (found == m_pending.end() || found->second.cancelled || found->second.content.empty())
        return;
    m_process.write(QByteArray::fromStdString(framed(std::exchange(found->second.content, {}))));
}

void EngineClient::sendWaiting()
{
    std::vector<std::int64_t> ids;
    for (const auto& [id, pending] : m_pending)
        if (!pending.content.empty())
            ids.push_back(id);
    for (const auto id : ids)
        send(id);
}

void EngineClient::introduce()
{
    m_frames = std::make_unique<FrameReader>(protocol::longestContent * 4); // our own engine may be trusted with more
    const auto name = QCoreApplication::applicationName() + u' ' + QCoreApplication::applicationVersion();
    Handlers<InitializeResult> handlers;
    handlers.done = [this](const InitializeResult& /*engine*/) {
        m_process.confirm();
        setState(State::Ready);
        if (m_wanted)
            call(protocol::modelsLoad, *m_wanted, this);
        sendWaiting();
    };
    handlers.failed = [this](const Error& why) {
        if (why.kind() == ErrorKind::EngineLost)
            return; // lost() said so
        stop();
        setState(State::Failed);
        Q_EMIT lost(why);
    };
    const InitializeParams params{protocol::version, name.trimmed().toStdString()};
    const auto id = call(protocol::initialize, params, this, std::move(handlers));
    send(id);
}

void EngineClient::receive(const QByteArray& bytes)
{
    m_frames->append({bytes.constData(), static_cast<std::size_t>(bytes.size())});
    while (auto frame = m_frames->next()) {
        if (frame->fault.empty())
            m_decoder.push(std::move(frame->content));
        else
            note(LogLevel::Warning, "The engine's output is out of step: " + frame->fault);
    }
}

void EngineClient::take(const DecodedMessage& decoded)
{
    const auto& message = decoded.message;
    try {
        if (decoded.fault) {
            note(LogLevel::Warning, decoded.fault->message(), decoded.fault->details());
            fail(message.id.number(), *decoded.fault);
        } else if (!message.isResponse()) {
            takeNotification(message);
        } else if (message.error) {
            fail(message.id.number(), toError(*message.error));
        } else if (finish(message.id.number()) && decoded.deliver) {
            decoded.deliver();
        }
    } catch (const Error& error) {
        note(LogLevel::Warning, error.message(), error.details());
    }
}

void EngineClient::takeNotification(const RpcMessage& message)
{
    const auto handlerOf = [this](const RequestId& id, const auto member) {
        const auto found = m_pending.find(id.number());
        const bool wanted = found != m_pending.end() && found->second.request.context;
        return wanted ? found->second.*member : nullptr; // a copy: it may end the request
    };
    if (message.method == protocol::progress.name) {
        const auto progress = readNote<ProgressNote>(message);
        if (!m_pending.contains(progress.id.number()))
            return;
        Q_EMIT progressed(progress);
        if (const auto handler = handlerOf(progress.id, &Pending::progress))
            handler(progress);
    } else if (message.method == protocol::tokens.name) {
        const auto tokens = readNote<TokensNote>(message);
        if (const auto handler = handlerOf(tokens.id, &Pending::tokens))
            handler(tokens);
    } else if (message.method == protocol::log.name) {
        Q_EMIT logged(readNote<LogNote>(message));
    }
}

std::optional<EngineClient::Pending> EngineClient::finish(std::int64_t id)
{
    auto node = m_pending.extract(id);
    if (node.empty())
        return std::nullopt;
    m_decoder.forget(id);
    Q_EMIT requestEnded(id, QString::fromLatin1(node.mapped().request.method.name));
    return std::move(node.mapped());
}

void EngineClient::fail(std::int64_t id, const Error& why)
{
    const auto pending = finish(id);
    if (!pending)
        return;
    // An engine that could not load a model may have had to drop the other one.
    const auto method = QString::fromLatin1(pending->request.method.name);
    if (m_state == State::Ready && method == QLatin1String(protocol::modelsLoad.name))
        call(protocol::status, {}, this);
    if (!pending->request.context)
        return;
    if (pending->failed)
        pending->failed(why);
    else if (why.kind() != ErrorKind::Cancelled && why.kind() != ErrorKind::EngineLost)
        Q_EMIT failed(method, why, pending->request.context);
}

void EngineClient::onLost(const Error& why)
{
    const bool again = m_process.state() == EngineProcess::State::Waiting;
    setState(again ? State::Restarting : State::Failed);
    setModel(std::nullopt);
    note(LogLevel::Error, why.message(), why.details());
    Q_EMIT lost(why);
    std::vector<std::int64_t> ids;
    for (const auto& [id, pending] : m_pending)
        if (pending.content.empty() || !again) // what has not been sent can still be
            ids.push_back(id);
    for (const auto id : ids)
        fail(id, why);
}

void EngineClient::setState(State state)
{
    if (std::exchange(m_state, state) != state)
        Q_EMIT stateChanged(state);
}

void EngineClient::setModel(std::optional<LoadedModel> model)
{
    const bool changed = m_model.has_value() || model.has_value();
    m_model = std::move(model);
    if (changed)
        Q_EMIT modelChanged();
}

void EngineClient::note(LogLevel level, const std::string& message, const std::string& details)
{
    Q_EMIT logged({level, message, details});
}

} // namespace icae
