#include "runs/launcher.h"

#include "protocol/error.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace icae {

namespace {

constexpr auto thisProgram = "/proc/self/exe";

/// Why posix_spawn's calls fail is what they return.
void require(int fault)
{
    if (fault != 0)
        throw Error(ErrorKind::Internal,
                    std::string("No process can be started: ") + std::strerror(fault) + ".", // NOLINT: concurrency
                    "Close other programs, or look at the limits of this account.");
}

/// What the new process has open: nothing on standard input, a file for what it prints.
class Files {
public:
    explicit Files(const std::filesystem::path& output)
    {
        require(posix_spawn_file_actions_init(&m_actions));
        require(posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
        require(posix_spawn_file_actions_addopen(&m_actions, STDOUT_FILENO, output.c_str(),
                                                 O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW, 0644));
        require(posix_spawn_file_actions_adddup2(&m_actions, STDOUT_FILENO, STDERR_FILENO));
        require(posix_spawn_file_actions_addclosefrom_np(&m_actions, STDERR_FILENO + 1));
    }
    ~Files() { posix_spawn_file_actions_destroy(&m_actions); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    const posix_spawn_file_actions_t* get() const { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

/// A session of its own, and signals as a new terminal's program has them.
class Attributes {
public:
    Attributes()
    {
        require(posix_spawnattr_init(&m_attributes));
        sigset_t signals;
        sigemptyset(&signals);
        require(posix_spawnattr_setsigmask(&m_attributes, &signals));
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD})
            sigaddset(&signals, signal);
        require(posix_spawnattr_setsigdefault(&m_attributes, &signals));
        require(posix_spawnattr_setflags(&m_attributes,
                                         POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    }
    ~Attributes() { posix_spawnattr_destroy(&m_attributes); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    const posix_spawnattr_t* get() const { return &m_attributes; }

private:
    posix_spawnattr_t m_attributes{};
};

} // namespace

pid_t launchDetached(const Launch& launch)
{
    std::string name = "icae";
    std::vector<std::string> words = launch.arguments;
    std::vector<char*> arguments{name.data()};
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const Files files(launch.output);
    const Attributes attributes;
    pid_t child = 0;
    require(posix_spawn(&child, thisProgram, files.get(), attributes.get(), arguments.data(), environ));
    return child;
}

} // namespace icae
