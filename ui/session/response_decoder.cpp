#include "session/response_decoder.h"

#include <utility>

namespace icae {

ResponseDecoder::ResponseDecoder(QObject* context, Receiver receiver)
    : m_context(context)
    , m_receiver(std::make_shared<const Receiver>(std::move(receiver)))
{
    m_thread.setMaxThreadCount(1);
}

ResponseDecoder::~ResponseDecoder()
{
    m_thread.clear();
    m_thread.waitForDone();
}

void ResponseDecoder::expect(std::int64_t id, Decode decode)
{
    const std::scoped_lock lock(m_mutex);
    m_expected[id] = std::move(decode);
}

void ResponseDecoder::forget(std::int64_t id)
{
    const std::scoped_lock lock(m_mutex);
    m_expected.erase(id);
}

void ResponseDecoder::push(std::string content)
{
    m_thread.start([this, content = std::move(content)] {
        auto decoded = std::make_shared<const DecodedMessage>(decode(content));
        const std::weak_ptr<const Receiver> receiver = m_receiver;
        QMetaObject::invokeMethod(
            m_context,
            [decoded, receiver] {
                if (const auto receive = receiver.lock())
                    (*receive)(*decoded);
            },
            Qt::QueuedConnection);
    });
}

DecodedMessage ResponseDecoder::decode(const std::string& content)
{
    DecodedMessage decoded;
    try {
        decoded.message = parseMessage(content);
        if (!decoded.message.isResponse() || decoded.message.error)
            return decoded;
        const auto result = std::exchange(decoded.message.result, {});
        Decode decodeResult;
        {
            const std::scoped_lock lock(m_mutex);
            const auto expected = m_expected.find(decoded.message.id.number());
            if (expected == m_expected.end())
                return decoded; // nobody waits for it any more
            decodeResult = expected->second;
        }
        decoded.deliver = decodeResult(result);
    } catch (const RpcFault& fault) {
        decoded.message.id = fault.id();
        decoded.fault = fault;
    } catch (const Error& error) {
        decoded.fault = error;
    }
    return decoded;
}

} // namespace icae
