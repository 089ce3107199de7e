#pragma once

#include "program.h"

#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/frame.h"
#include "protocol/rpc.h"

#include <QElapsedTimer>

#include <functional>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

/// The real `icae serve` over pipes.
class Engine {
public:
    explicit Engine(const ModelFixture& model)
        : m_frames(icae::protocol::longestContent)
    {
        process.setWorkingDirectory(QString::fromStdString(model.path("").string()));
        process.start(QStringLiteral(ICAE_PROGRAM), {QStringLiteral("serve")});
        process.waitForStarted();
    }
    ~Engine()
    {
        process.kill();
        process.waitForFinished();
    }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    QProcess process;
    std::vector<icae::RpcMessage> notes; ///< notifications, in order
    std::vector<icae::RpcMessage> unasked; ///< answers without an id
    std::vector<std::int64_t> order; ///< ids of answers as they came

    void write(const std::string& bytes) { process.write(bytes.data(), static_cast<qint64>(bytes.size())); }
    void sendContent(const std::string& content) { write(icae::framed(content)); }

    template <typename Params, typename Result>
    std::int64_t send(const icae::protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params)
    {
        sendContent(icae::requestContent(++m_lastId, method.name, nlohmann::json(params)));
        return m_lastId;
    }
    void cancel(std::int64_t id)
    {
        sendContent(
            icae::notificationContent(icae::protocol::cancelRequest.name, nlohmann::json(icae::CancelParams{id})));
    }

    /// Reads until something holds, at most a minute, sanitized several.
    bool waitFor(const std::function<bool()>& holds)
    {
        QElapsedTimer timer;
        timer.start();
        while (!holds()) {
            if (timer.elapsed() > qint64{60000} * slowness)
                return false;
            if (process.bytesAvailable() == 0 && !process.waitForReadyRead(1000)
                && process.state() == QProcess::NotRunning && process.bytesAvailable() == 0)
                return holds();
            take(process.readAllStandardOutput());
        }
        return true;
    }

    bool answered(std::int64_t id) const { return m_answers.contains(id); }
    /// The answer to a request; throws icae::Error where it failed.
    icae::RpcMessage answer(std::int64_t id)
    {
        if (!waitFor([&] { return answered(id); }))
            throw icae::Error(icae::ErrorKind::EngineLost, "no answer", {});
        return m_answers.at(id);
    }
    template <typename Params, typename Result>
    Result result(const icae::protocol::Method<Params, Result>& /*method*/, std::int64_t id)
    {
        const auto message = answer(id);
        if (message.error)
            throw icae::toError(*message.error);
        return icae::fromJson<Result>(icae::JsonReader(message.result, "the answer"));
    }
    template <typename Params, typename Result>
    Result call(const icae::protocol::Method<Params, Result>& method, const std::type_identity_t<Params>& params)
    {
        return result(method, send(method, params));
    }
    /// Kind and sentence of the error that a request ends with; empty where it succeeds.
    template <typename Params, typename Result>
    std::string failure(const icae::protocol::Method<Params, Result>& method,
                        const std::type_identity_t<Params>& params)
    {
        const auto message = answer(send(method, params));
        return message.error ? message.error->kind + ": " + message.error->message : std::string();
    }

    template <typename Params> std::vector<Params> notesOf(const icae::protocol::Notification<Params>& note) const
    {
        std::vector<Params> found;
        for (const auto& message : notes)
            if (message.method == note.name)
                found.push_back(icae::fromJson<Params>(icae::JsonReader(message.params, "the notification")));
        return found;
    }

private:
    void take(const QByteArray& bytes)
    {
        m_frames.append(bytes.toStdString());
        while (const auto frame = m_frames.next()) {
            if (!frame->fault.empty())
                throw icae::Error(icae::ErrorKind::Internal, "Standard output carries more than frames.", {});
            auto message = icae::parseMessage(frame->content);
            if (!message.isResponse())
                notes.push_back(std::move(message));
            else if (message.id.isNull())
                unasked.push_back(std::move(message));
            else {
                order.push_back(message.id.number());
                m_answers[message.id.number()] = std::move(message);
            }
        }
    }

    icae::FrameReader m_frames;
    std::map<std::int64_t, icae::RpcMessage> m_answers;
    std::int64_t m_lastId = 0;
};
