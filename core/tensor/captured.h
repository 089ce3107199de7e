#pragma once

#include "tensor/torch.h"

#include <functional>
#include <memory>

namespace icae {

/// Work on a GPU that is recorded once and then replayed with one call. All captures of one object share their memory:
/// what one leaves behind is valid until another runs.
class Capturer {
public:
    /// Recorded work.
    class Work {
    public:
        Work() = default;
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;
        virtual ~Work() = default;
        virtual void replay() = 0;
    };

    virtual ~Capturer() = default;

    /// Runs everything of the calling thread on a stream of its own from now on, as long as the capturer lives.
    /// @return nothing where the device or this build cannot capture
    static std::unique_ptr<Capturer> make(const at::Device& device);

    /// @param work must have run once before, uncaptured; where it throws, nothing of it was done
    virtual std::unique_ptr<Work> capture(const std::function<void()>& work) = 0;

    /// Gives back the memory of all captures, none of which may exist any more.
    virtual void release() = 0;

protected:
    Capturer() = default;
    Capturer(const Capturer&) = default;
    Capturer& operator=(const Capturer&) = default;
};

} // namespace icae
