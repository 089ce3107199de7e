#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/rpc.h"
#include "protocol/train_protocol.h"

#include <vector>

namespace icae {

/// The runs of the fake engine: studies, and training jobs. There is none until one is started; what becomes of it is
/// in its name:
///
/// - "live…" runs, and has a sample of every cell more each time it is read, until it is stopped,
/// - "failed…" has failed and "died…" has died, each after two samples of every cell,
/// - "waiting…" waits for the device behind those that waited before,
/// - "moved…" has died, and is only resumed with the folder "/data" for its data,
/// - "refused…" is not started,
/// - "crooked…" stands beside a damaged folder,
/// - any other is done: six samples of every cell.
///
/// Where ICAE_FAKE_DEADLY names a file, there is a study "deadly" from the beginning. To read it kills the engine the
/// first time; then there is that file.
///
/// Training jobs likewise: see fake_training.
///
/// A spec of more than 128 slots has a fault, and so has one without a model.
class FakeRuns {
public:
    FakeRuns();

    /// @return false where it has no such method
    bool take(const RpcMessage& message);

private:
    struct Run {
        RunInfo info;
        StudyConfig config;
        std::int64_t windows = 0; ///< samples of every cell so far
        std::string job = {}; ///< of training
    };

    const RunInfo& add(const StartRunParams& params);
    void start(const RequestId& id, const StartRunParams& params);
    void read(const RequestId& id, const ReadRunParams& params);
    const RunInfo& addTraining(const StartRunParams& params);
    void readTraining(const RequestId& id, Run& run, std::int64_t since);
    void extend(const RequestId& id, const ExtendRunParams& params);
    void sample(const RequestId& id, const StudySampleParams& params);
    void rename(const RequestId& id, const RenameRunParams& params);
    /// Answers with the run after a change of its state.
    void change(const RequestId& id, const std::string& run, RunState state);
    void resume(const RequestId& id, const ResumeRunParams& params);
    void queue(const RequestId& id, const RunQueueParams& params);
    Run* find(const std::string& run);

    std::string m_deadly; ///< the file
    std::vector<Run> m_runs;
    std::vector<Run> m_trash;
};

} // namespace icae
