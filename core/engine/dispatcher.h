#pragma once

#include "engine/channel.h"
#include "engine/chat_desk.h"
#include "engine/lane.h"
#include "engine/run_desk.h"
#include "engine/session.h"
#include "protocol/rpc.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace icae {

/// Takes messages from the client and sees that each request is answered exactly once: light ones beside a running
/// model request, model requests one at a time.
class Dispatcher {
public:
    /// @param deviceFailed called, on another thread, where a device failed so that this process must end
    Dispatcher(Session& session, Channel& channel, std::function<void()> deviceFailed);

    void take(std::string_view content); ///< the content of a frame
    void refuse(const RequestId& id, int code, const std::string& message); ///< for what is no message

private:
    using Pace = protocol::Pace;
    struct Prepared {
        Pace pace = Pace::Light;
        Lane::Rank rank = Lane::Rank::Person;
        Lane::Job job;
    };
    /// Reads the parameters; throws Error.
    using Prepare = std::function<Prepared(const RequestId& id, nlohmann::json params)>;

    template <typename Params, typename Result>
    void add(const protocol::Method<Params, Result>& method,
             Result (Session::*answer)(const Params&, const RequestContext&));
    template <typename Params, typename Result, typename Answer>
    void addAnswer(const protocol::Method<Params, Result>& method, Answer answer);
    void addRuns();
    void addChat();
    void answer(const RequestId& id, const Lane::Turn& turn, const std::function<nlohmann::json()>& action);
    void takeRequest(RpcMessage message);
    void cancel(const RpcMessage& message);

    Session& m_session;
    RunDesk m_runs;
    ChatDesk m_chat;
    Channel& m_channel;
    std::function<void()> m_deviceFailed;
    std::map<std::string, Prepare> m_methods;
    Lane m_model; ///< the lanes last: their jobs use all the others
    Lane m_light; ///< after that one: a light job asks how many requests wait there
};

} // namespace icae
