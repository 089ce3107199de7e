#include "engine/dispatcher.h"

#include "engine/streams.h"
#include "input/list_files.h"
#include "input/reachable.h"
#include "protocol/field_error.h"
#include "protocol/train_protocol.h"
#include "runs/device_turn.h"
#include "study/spec.h"
#include "study/study.h"
#include "tensor/compat.h"
#include "train/publish.h"

#include <algorithm>
#include <optional>
#include <type_traits>

namespace icae {

Dispatcher::Dispatcher(Session& session, Channel& channel, std::function<void()> deviceFailed)
    : m_session(session)
    , m_chat(session.models())
    , m_channel(channel)
    , m_deviceFailed(std::move(deviceFailed))
{
    add(protocol::initialize, &Session::initialize);
    add(protocol::status, &Session::status);
    add(protocol::modelsList, &Session::listModels);
    add(protocol::textPlan, &Session::plan);
    add(protocol::memoryList, &Session::listMemories);
    add(protocol::memoryDiscard, &Session::discardMemory);
    add(protocol::memoryPin, &Session::pinMemory);
    add(protocol::exportReport, &Session::exportReport);
    add(protocol::modelsLoad, &Session::loadModel);
    add(protocol::modelsUnload, &Session::unloadModel);
    add(protocol::compress, &Session::compress);
    add(protocol::score, &Session::score);
    add(protocol::reconstruct, &Session::reconstruct);
    add(protocol::continueText, &Session::continueText);
    add(protocol::ask, &Session::ask);
    add(protocol::memorySave, &Session::saveMemory);
    add(protocol::memoryLoad, &Session::loadMemory);
    addRuns();
    addChat();
    std::vector<std::string> names;
    for (const auto& [name, prepare] : m_methods)
        names.push_back(name);
    session.setCapabilities(std::move(names));
    session.onGone([this](const std::string& sentence) {
        m_channel.notify(protocol::log, {LogLevel::Warning, sentence, {}});
    });
    session.setQueue([this] { return m_model.waiting(); });
}

namespace {

/// The model that a request names; empty where it names none.
std::string modelNamed(const auto& params)
{
    if constexpr (requires { params.model; })
        return params.model;
    else
        return {};
}

/// A path with a zero byte in it would be taken for what stands before.
void requireWholePaths(const nlohmann::json& params, const std::string& request)
{
    const auto isCut = [](const nlohmann::json& path) {
        return path.is_string() && isCutShort(path.get_ref<const std::string&>());
    };
    for (const auto* field : {"path", "folder", "folders", "base", "adapter", "run", "trash", "data"}) {
        const auto value = params.is_object() ? params.find(field) : params.end();
        if (value != params.end()
            && (isCut(*value) || (value->is_array() && std::any_of(value->begin(), value->end(), isCut))))
            throw FieldError(ErrorKind::InvalidInput, field,
                             "The field \"" + std::string(field) + "\" of " + request + " holds a zero byte.",
                             "Correct the path.");
    }
}

/// Whether a request is work that gives way to a person's.
bool isBackground(const auto& params)
{
    if constexpr (requires { params.background; })
        return params.background;
    else
        return false;
}

} // namespace

template <typename Params, typename Result>
void Dispatcher::add(const protocol::Method<Params, Result>& method,
                     Result (Session::*member)(const Params&, const RequestContext&))
{
    addAnswer(method, [this, member](const Params& params, const RequestContext& context) {
        return (m_session.*member)(params, context);
    });
}

/// @param answer takes Params and RequestContext, and gives a Result
template <typename Params, typename Result, typename Answer>
void Dispatcher::addAnswer(const protocol::Method<Params, Result>& method, Answer answer)
{
    m_methods[method.name] = [this, method = protocol::MethodInfo(method), answer](const RequestId& id,
                                                                                   nlohmann::json json) {
        const auto request = std::string("the request ") + method.name;
        requireWholePaths(json, request);
        auto params = fromJson<Params>(JsonReader(std::move(json), request));
        Prepared prepared{method.pace, isBackground(params) ? Lane::Rank::Background : Lane::Rank::Person, {}};
        if constexpr (std::is_same_v<Params, ListModelsParams>)
            if (params.hashes) { // hashing may take a while
                prepared.pace = Pace::Model;
                prepared.rank = Lane::Rank::Background;
            }
        prepared.job = [this, id, method, answer, params = std::move(params)](const Lane::Turn& turn) {
            this->answer(id, turn, [&] {
                std::optional<DeviceTurn> person; // runs on the device give way to a person meanwhile
                if (method.pace == Pace::Model && !isBackground(params))
                    person.emplace(m_session.device(modelNamed(params)));
                return nlohmann::json(answer(params, RequestContext{id, m_channel, turn.stop()}));
            });
        };
        return prepared;
    };
}

void Dispatcher::addRuns()
{
    const auto desk = [this](auto member) {
        return
            [this, member](const auto& params, const RequestContext& /*context*/) { return (m_runs.*member)(params); };
    };
    addAnswer(protocol::filesList,
              [](const ListFilesParams& params, const RequestContext& /*context*/) { return listFiles(params); });
    addAnswer(protocol::runsList, desk(&RunDesk::list));
    addAnswer(protocol::runsRead, desk(&RunDesk::read));
    addAnswer(protocol::runsStart, desk(&RunDesk::start));
    addAnswer(protocol::runsStop, desk(&RunDesk::stop));
    addAnswer(protocol::runsResume, desk(&RunDesk::resume));
    addAnswer(protocol::runsRename, desk(&RunDesk::rename));
    addAnswer(protocol::runsDelete, desk(&RunDesk::discard));
    addAnswer(protocol::runsRestore, desk(&RunDesk::restore));
    addAnswer(protocol::runsFolder, desk(&RunDesk::folder));
    addAnswer(protocol::studyCheck, desk(&RunDesk::check));
    addAnswer(protocol::studySample, desk(&RunDesk::sample));
    addAnswer(protocol::runsQueue, desk(&RunDesk::queue));
    addAnswer(protocol::trainEstimate, [this](const TrainJobParams& params, const RequestContext& context) {
        ProgressReporter progress(context.channel, context.id);
        progress.callback()({"Measuring", 0, 0, "steps"});
        return m_runs.estimateJob(params, context.stop);
    });
    addAnswer(protocol::runsPublish, [this](const PublishRunParams& params, const RequestContext& /*context*/) {
        return publishRun(params, m_session.version());
    });
    addAnswer(protocol::runsExtend, desk(&RunDesk::extend));
    addAnswer(protocol::trainTemplate, desk(&RunDesk::jobTemplate));
    addAnswer(protocol::trainCheck, desk(&RunDesk::checkJob));
    addAnswer(protocol::studyTemplate, [](const StudyTemplateParams& params, const RequestContext& /*context*/) {
        return StudyTemplate{studyTemplate(params.kind)};
    });
    addAnswer(protocol::studyEstimate, [this](const StudySpecParams& params, const RequestContext& context) {
        if (const auto known = m_runs.estimateByRate(params))
            return *known;
        ProgressReporter progress(context.channel, context.id);
        return estimateStudy(m_runs.specOf(params), progress.callback(), context.stop);
    });
}

void Dispatcher::addChat()
{
    const auto desk = [this](auto member) {
        return [this, member](const auto& params, const RequestContext& context) {
            return (m_chat.*member)(params, context);
        };
    };
    addAnswer(protocol::libraryList, desk(&ChatDesk::list));
    addAnswer(protocol::libraryText, desk(&ChatDesk::text));
    addAnswer(protocol::librarySearch, desk(&ChatDesk::search));
    addAnswer(protocol::libraryRename, desk(&ChatDesk::rename));
    addAnswer(protocol::libraryDelete, desk(&ChatDesk::discard));
    addAnswer(protocol::libraryRestore, desk(&ChatDesk::restore));
    addAnswer(protocol::libraryExport, desk(&ChatDesk::exportMemory));
    addAnswer(protocol::libraryFolder, desk(&ChatDesk::folder));
    addAnswer(protocol::libraryAdd, desk(&ChatDesk::add));
    addAnswer(protocol::libraryRecompress, desk(&ChatDesk::recompress));
    addAnswer(protocol::chatPlan, desk(&ChatDesk::plan));
    addAnswer(protocol::chatAsk, desk(&ChatDesk::ask));
    addAnswer(protocol::chatScore, desk(&ChatDesk::score));
    addAnswer(protocol::chatAttribute, desk(&ChatDesk::attribute));
    addAnswer(protocol::chatMap, desk(&ChatDesk::map));
}

void Dispatcher::answer(const RequestId& id, const Lane::Turn& turn, const std::function<nlohmann::json()>& action)
{
    // What gave way to a person is not answered: it begins anew.
    try {
        if (turn.stop().stop_requested())
            throw Error(ErrorKind::Cancelled, "The request was cancelled before it began.", {});
        auto result = action();
        if (turn.mayAnswer())
            m_channel.result(id, std::move(result));
    } catch (const Error& error) {
        if (turn.mayAnswer())
            m_channel.error(id, toRpcError(error));
    } catch (const std::exception& exception) {
        const bool failed = compat::isDeviceFault(exception);
        if (turn.mayAnswer())
            m_channel.error(id, toRpcError(compat::asError(exception)));
        if (failed)
            m_deviceFailed();
    }
}

void Dispatcher::take(std::string_view content)
{
    try {
        auto message = parseMessage(content);
        if (message.isRequest())
            takeRequest(std::move(message));
        else if (message.method == protocol::cancelRequest.name)
            cancel(message);
        // Other notifications and responses are for other versions.
    } catch (const RpcFault& fault) {
        m_channel.error(fault.id(), toRpcError(fault, fault.code()));
    }
}

void Dispatcher::refuse(const RequestId& id, int code, const std::string& message)
{
    m_channel.error(id, toRpcError(RpcFault(code, id, message), code));
}

void Dispatcher::takeRequest(RpcMessage message)
{
    const auto method = m_methods.find(message.method);
    if (method == m_methods.end()) {
        refuse(message.id, protocol::methodNotFound, "This engine has no method \"" + message.method + "\".");
        return;
    }
    if (m_light.has(message.id) || m_model.has(message.id)) {
        refuse(message.id, protocol::invalidRequest, "A request with this id is still being answered.");
        return;
    }
    try {
        auto prepared = method->second(message.id, std::move(message.params));
        (prepared.pace == Pace::Light ? m_light : m_model).add(message.id, std::move(prepared.job), prepared.rank);
    } catch (const Error& error) {
        m_channel.error(message.id, toRpcError(error, protocol::invalidParams));
    }
}

void Dispatcher::cancel(const RpcMessage& message)
{
    try {
        const auto params = fromJson<CancelParams>(JsonReader(message.params, "the notification " + message.method));
        m_light.cancel(params.id);
        m_model.cancel(params.id);
    } catch (const Error& error) { // a notification has no answer
        m_channel.notify(protocol::log, {LogLevel::Warning, error.message(), {}});
    }
}

} // namespace icae
