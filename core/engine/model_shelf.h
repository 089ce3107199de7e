#pragma once

#include "icae/memory_header.h"
#include "icae/model.h"
#include "protocol/model_messages.h"

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace icae {

/// The models that requests may name. A base is loaded once, adapters attach to it; where memory is too short for
/// another model, the one that was used longest ago goes. Safe to use from several threads; models are loaded one at a
/// time.
class ModelShelf {
public:
    /// The model of these files, device and dtype: the one that is there where the files are the same, or loaded now.
    /// @throws Error as Model::load(); (OutOfMemory) where it does not fit even alone
    std::shared_ptr<const Model> load(const LoadModelParams& params, const ProgressCallback& progress,
                                      const std::stop_token& stop);
    /// @param id empty: the one that was loaded last
    /// @throws Error (InvalidInput) where none is loaded; (NotFound) where there is no such model any more
    std::shared_ptr<const Model> get(const std::string& id);
    /// The one that made a memory, else as get({}).
    std::shared_ptr<const Model> thatMade(const MemoryHeader& memory);
    /// @param id empty: all
    void unload(const std::string& id);

    std::vector<LoadedModel> list() const; ///< the one used last first
    std::optional<LoadedModel> current() const; ///< the one that was loaded last
    LoadedModel describe(const std::shared_ptr<const Model>& model) const;
    std::string device(const std::string& id) const; ///< that get(id) computes on; "cpu" where there is none

private:
    struct Held {
        std::string id;
        LoadModelParams asked;
        std::shared_ptr<const Model> model;
    };
    std::shared_ptr<const Model> unchanged(const std::string& id, const ModelPaths& paths);
    std::shared_ptr<const Model> loadBeside(const ModelPaths& paths, const LoadModelParams& params,
                                            const ProgressCallback& progress, const std::stop_token& stop);
    std::list<Held>::iterator position(const std::string& id);
    bool dropOldest();

    mutable std::mutex m_mutex;
    std::list<Held> m_held; ///< the one used last first
    std::string m_current; ///< id
};

} // namespace icae
