#include "pages/compress/reconstruction_run.h"

#include "models/utf16_offsets.h"
#include "report/kept_text.h"

#include <QtConcurrent>

#include <algorithm>
#include <chrono>

namespace icae {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t ofNoEngine = 0; // the request of what is only shown; engines' begin at 1
constexpr auto liveInterval = 120ms;

QString spanLabel(const SpanInfo& span)
{
    return u"%L1 → %L2"_s.arg(span.tokens).arg(span.slots);
}

QString spanScores(const SpanReconstruction& span)
{
    return span.scores
        ? ReconstructionRun::tr("BLEU %L1\nEM %L2").arg(span.scores->bleu, 0, 'f', 2).arg(span.scores->em, 0, 'f', 2)
        : QString();
}

/// Bands of all spans; those that were read know what was written for them.
std::vector<SpanBand> makeBands(const std::string& source, const std::vector<SpanInfo>& spans,
                                const std::vector<DiffSegment>& segments, const Reconstruction* result)
{
    const Utf16Offsets sourceOffsets(source);
    std::vector<SpanBand> bands;
    for (const auto& span : spans) {
        SpanBand band;
        band.source = {sourceOffsets.toUtf16(static_cast<std::size_t>(span.begin)),
                       sourceOffsets.toUtf16(static_cast<std::size_t>(span.end))};
        band.label = spanLabel(span);
        bands.push_back(band);
    }
    std::string written;
    for (const auto& segment : segments)
        written += segment.written;
    const Utf16Offsets offsets(written);
    if (result != nullptr) {
        for (const auto& span : result->spans) {
            const auto index = static_cast<std::size_t>(span.index);
            if (index >= bands.size())
                continue;
            bands[index].reconstruction = {offsets.toUtf16(static_cast<std::size_t>(span.begin)),
                                           offsets.toUtf16(static_cast<std::size_t>(span.end))};
            bands[index].scores = spanScores(span);
        }
        return bands;
    }
    if (segments.size() != bands.size())
        return bands;
    std::size_t at = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto end = at + segments[i].written.size();
        bands[i].reconstruction = {offsets.toUtf16(at), offsets.toUtf16(end)};
        at = end;
    }
    return bands;
}

std::vector<std::size_t> spanEnds(const std::vector<SpanInfo>& spans)
{
    std::vector<std::size_t> ends;
    ends.reserve(spans.size());
    for (const auto& span : spans)
        ends.push_back(static_cast<std::size_t>(span.end));
    return ends;
}

/// A result's segments: span beside span where each was written on its own, otherwise the whole text.
std::vector<DiffSegment> resultSegments(const Reconstruction& result, const std::vector<SpanInfo>& spans,
                                        std::size_t sourceSize)
{
    std::vector<DiffSegment> segments;
    segments.reserve(spans.size());
    for (const auto& span : spans)
        segments.push_back({static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end), {}, true});
    std::size_t known = 0;
    for (const auto& span : result.spans) {
        if (span.index < 0 || static_cast<std::size_t>(span.index) >= segments.size())
            continue;
        auto& segment = segments[static_cast<std::size_t>(span.index)];
        segment.written = span.text;
        segment.open = span.stopped;
        known += span.text.size();
    }
    if (segments.empty() || known != result.text.size())
        return {{0, sourceSize, result.text, result.stopped}};
    segments.front().begin = 0;
    segments.back().end = sourceSize;
    return segments;
}

} // namespace

ReconstructionRun::ReconstructionRun(EngineClient& client, QObject* parent)
    : QObject(parent)
    , m_client(client)
{
    m_liveTimer.setSingleShot(true);
    m_liveTimer.setInterval(liveInterval);
    connect(&m_liveTimer, &QTimer::timeout, this, &ReconstructionRun::buildLive);
    connect(&m_watcher, &QFutureWatcherBase::finished, this, &ReconstructionRun::deliver);
}

void ReconstructionRun::start(const QString& source, const TextPlan& plan, ReconstructParams params)
{
    if (isRunning())
        return;
    m_source = source.toStdString();
    m_spans = plan.spans;
    m_asked = params.source.spans;
    m_parts.clear();
    m_result.reset();
    m_document.reset();
    m_moreToBuild = false;
    params.source.text = m_source;
    m_begun.start();
    m_request = m_client.call(protocol::reconstruct, params, this,
                              {.done = [this](const ReconstructResult& result) { finish(result); },
                               .failed = [this](const Error& why) { fail(why); },
                               .tokens = [this](const TokensNote& note) { append(note); }});
    Q_EMIT started();
}

void ReconstructionRun::showRecorded(const QString& source, ReconstructResult result)
{
    stop();
    m_liveTimer.stop();
    m_source = source.toStdString();
    m_spans.clear();
    for (const auto& span : result.reconstruction.spans)
        m_spans.push_back({0, span.tokens, span.sourceBegin, span.sourceEnd, span.slots});
    m_asked.clear();
    m_parts.clear();
    m_document.reset();
    m_moreToBuild = false;
    m_request = ofNoEngine;
    Q_EMIT started();
    finish(std::move(result));
}

void ReconstructionRun::stop()
{
    if (m_request > ofNoEngine)
        m_client.cancel(m_request);
}

void ReconstructionRun::append(const TokensNote& note)
{
    m_parts.resize(std::max(m_parts.size(), static_cast<std::size_t>(std::max<std::int64_t>(1, note.parts))));
    for (const auto& piece : note.pieces)
        if (piece.part >= 0 && static_cast<std::size_t>(piece.part) < m_parts.size())
            m_parts[static_cast<std::size_t>(piece.part)] += piece.text;
    if (!m_liveTimer.isActive())
        m_liveTimer.start();
}

std::vector<DiffSegment> ReconstructionRun::liveSegments() const
{
    const auto asked = m_asked.empty() ? m_spans.size() : m_asked.size();
    if (m_spans.empty() || m_parts.size() != asked) {
        std::string written;
        for (const auto& part : m_parts)
            written += part;
        return {{0, m_source.size(), written, true}};
    }
    std::vector<DiffSegment> segments;
    for (const auto& span : m_spans)
        segments.push_back({static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end), {}, true});
    for (std::size_t part = 0; part < m_parts.size(); ++part) {
        const auto span = m_asked.empty() ? part : static_cast<std::size_t>(m_asked[part]);
        if (span < segments.size())
            segments[span].written = m_parts[part];
    }
    segments.front().begin = 0;
    segments.back().end = m_source.size();
    return segments;
}

void ReconstructionRun::buildLive()
{
    if (!isRunning())
        return;
    if (m_watcher.isRunning()) {
        m_moreToBuild = true;
        return;
    }
    m_moreToBuild = false;
    m_watcher.setFuture(QtConcurrent::run(
        [request = m_request, source = m_source, segments = liveSegments(), spans = m_spans, before = m_document] {
            auto document = std::make_shared<DiffDocument>(buildDiffDocument(source, segments, spanEnds(spans), true));
            document->spans = makeBands(source, spans, segments, nullptr);
            Built built;
            built.request = request;
            built.firstChanged = before ? commonRows(*before, *document) : 0;
            built.view.diff = std::move(document);
            return built;
        }));
}

void ReconstructionRun::finish(const ReconstructResult& result)
{
    m_liveTimer.stop();
    m_seconds = static_cast<double>(m_begun.elapsed()) / 1000;
    m_result = std::make_shared<const ReconstructResult>(result);
    if (!m_watcher.isRunning()) // otherwise deliver() goes on
        buildFinal();
}

void ReconstructionRun::buildFinal()
{
    m_watcher.setFuture(QtConcurrent::run([request = m_request, source = m_source, result = m_result, spans = m_spans,
                                           before = m_document]() mutable {
        const auto& reconstruction = result->reconstruction;
        // What the tokenizer cannot keep, no model could write: it is not compared with that.
        const auto kept = keptByTokenizer(source, reconstruction.forcedTokens);
        auto tokens = reconstruction.forcedTokens;
        const auto move = [&](std::int64_t& byte) {
            byte = static_cast<std::int64_t>(kept.toKept(static_cast<std::size_t>(byte)));
        };
        if (kept.firstChange) {
            for (auto& span : spans) {
                move(span.begin);
                move(span.end);
            }
            for (auto& token : tokens) {
                move(token.begin);
                move(token.end);
            }
        }
        const auto segments = resultSegments(reconstruction, spans, kept.text.size());
        auto document = std::make_shared<DiffDocument>(buildDiffDocument(kept.text, segments, spanEnds(spans), false));
        document->spans = makeBands(kept.text, spans, segments, &reconstruction);
        Built built;
        built.request = request;
        built.firstChanged = before ? commonRows(*before, *document) : 0;
        built.view.result = result;
        built.view.diff = std::move(document);
        built.view.source = std::move(source);
        built.view.remark = QString::fromStdString(kept.remark());
        built.view.forced =
            std::make_shared<const TokenDocument>(makeTokenDocument(std::move(tokens), kept.text, true));
        built.view.free = std::make_shared<const TokenDocument>(
            makeTokenDocument(reconstruction.freeTokens, reconstruction.text, false));
        return built;
    }));
}

void ReconstructionRun::deliver()
{
    const auto built = m_watcher.result();
    if (built.request != m_request) { // of a run that failed
        if (isRunning() && m_result)
            buildFinal();
        else if (isRunning() && m_moreToBuild)
            m_liveTimer.start();
        return;
    }
    const bool last = built.view.result != nullptr;
    if (m_result && built.view.result != m_result) { // overtaken
        buildFinal();
        return;
    }
    m_document = built.view.diff;
    Q_EMIT documentReady(m_document, built.firstChanged);
    if (last) {
        m_request = -1;
        Q_EMIT finished(built.view);
    } else if (m_moreToBuild) {
        m_liveTimer.start();
    }
}

void ReconstructionRun::fail(const Error& why)
{
    m_liveTimer.stop();
    m_request = -1;
    Q_EMIT failed(why);
}

} // namespace icae
