#include "runs/launcher.h"

#include "protocol/error.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

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
    /// Nothing on standard input, and ends of pipes for what it prints.
    Files(int output, int error)
    {
        require(posix_spawn_file_actions_init(&m_actions));
        require(posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
        require(posix_spawn_file_actions_adddup2(&m_actions, output, STDOUT_FILENO));
        require(posix_spawn_file_actions_adddup2(&m_actions, error, STDERR_FILENO));
        require(posix_spawn_file_actions_addclosefrom_np(&m_actions, STDERR_FILENO + 1));
    }
    /// Nothing on standard input and output; standard error is this process's.
    Files()
    {
        require(posix_spawn_file_actions_init(&m_actions));
        require(posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
        require(posix_spawn_file_actions_addopen(&m_actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
        require(posix_spawn_file_actions_addclosefrom_np(&m_actions, STDERR_FILENO + 1));
    }
    ~Files() { posix_spawn_file_actions_destroy(&m_actions); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    const posix_spawn_file_actions_t* get() const { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

/// Signals as a new terminal's program has them.
class Attributes {
public:
    /// @param apart in a session of its own
    explicit Attributes(bool apart)
    {
        require(posix_spawnattr_init(&m_attributes));
        sigset_t signals;
        sigemptyset(&signals);
        require(posix_spawnattr_setsigmask(&m_attributes, &signals));
        if (apart) // in the same session what is ignored, under nohup, stays so
            for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD})
                sigaddset(&signals, signal);
        require(posix_spawnattr_setsigdefault(&m_attributes, &signals));
        const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (apart ? POSIX_SPAWN_SETSID : 0);
        require(posix_spawnattr_setflags(&m_attributes, static_cast<short>(flags)));
    }
    ~Attributes() { posix_spawnattr_destroy(&m_attributes); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    const posix_spawnattr_t* get() const { return &m_attributes; }

private:
    posix_spawnattr_t m_attributes{};
};

/// Both ends of a pipe.
class Pipe {
public:
    Pipe()
    {
        if (pipe2(m_ends.data(), O_CLOEXEC) != 0)
            require(errno);
    }
    ~Pipe()
    {
        closeEnd(0);
        closeEnd(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int reading() const { return m_ends[0]; }
    int writing() const { return m_ends[1]; }
    void closeWriting() { closeEnd(1); }

    /// Appends what is there; false at the end.
    bool take(std::string& text) const
    {
        std::array<char, 4096> buffer{};
        const auto count = read(reading(), buffer.data(), buffer.size());
        if (count > 0)
            text.append(buffer.data(), static_cast<std::size_t>(count));
        return count > 0 || (count < 0 && errno == EINTR);
    }

private:
    void closeEnd(std::size_t end)
    {
        if (m_ends.at(end) >= 0)
            close(m_ends.at(end));
        m_ends.at(end) = -1;
    }

    std::array<int, 2> m_ends{-1, -1};
};

std::vector<char*> pointersTo(std::vector<std::string>& words)
{
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// @param words the program's name and its arguments
pid_t spawn(std::vector<std::string> words, const Files& files, const Attributes& attributes, char** environment)
{
    pid_t child = 0;
    require(posix_spawn(&child, thisProgram, files.get(), attributes.get(), pointersTo(words).data(), environment));
    return child;
}

std::vector<std::string> named(const std::vector<std::string>& arguments)
{
    std::vector<std::string> words{"icae"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

/// The arguments of this process, its name first.
std::vector<std::string> ownWords()
{
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');)
        words.push_back(word);
    return words;
}

/// This process's environment, with some of it replaced.
std::vector<std::string> changedEnvironment(const std::vector<std::string>& changes)
{
    const auto nameOf = [](const std::string& entry) { return entry.substr(0, entry.find('=')); };
    auto all = changes;
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (std::none_of(changes.begin(), changes.end(),
                         [&](const auto& change) { return nameOf(change) == nameOf(*entry); }))
            all.emplace_back(*entry);
    return all;
}

} // namespace

pid_t launchDetached(const Launch& launch)
{
    return spawn(named(launch.arguments), Files(launch.output), Attributes(true), environ);
}

pid_t launchTwin(const std::vector<std::string>& environment)
{
    auto entries = changedEnvironment(environment);
    return spawn(ownWords(), Files(), Attributes(false), pointersTo(entries).data());
}

std::optional<Error> errorSaid(const std::string& said)
{
    constexpr std::size_t most = 2000;
    constexpr std::string_view name = "\nicae: ";
    const auto at = ("\n" + said).rfind(name);
    if (at == std::string::npos)
        return {};
    const auto begin = at + name.size() - 1;
    const auto end = std::min(said.find('\n', begin), said.size());
    const auto next = std::min(said.find('\n', std::min(end + 1, said.size())), said.size());
    return Error(ErrorKind::InvalidInput, said.substr(begin, end - begin),
                 end < next ? said.substr(end + 1, next - end - 1) : std::string(),
                 said.size() > most ? said.substr(said.size() - most) : said);
}

Ended runApart(const std::vector<std::string>& arguments, const std::stop_token& stop)
{
    constexpr int lookAgain = 50; // milliseconds
    Pipe output;
    Pipe error;
    const auto child = spawn(named(arguments), Files(output.writing(), error.writing()), Attributes(true), environ);
    output.closeWriting();
    error.closeWriting();
    Ended ended;
    bool stopped = false;
    std::array<pollfd, 2> ends{{{output.reading(), POLLIN, 0}, {error.reading(), POLLIN, 0}}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        if (stop.stop_requested() && !stopped) {
            kill(-child, SIGKILL); // its session, and so whatever it started
            stopped = true;
        }
        if (poll(ends.data(), ends.size(), lookAgain) <= 0)
            continue;
        if (ends[0].revents != 0 && !output.take(ended.output))
            ends[0].fd = -1;
        if (ends[1].revents != 0 && !error.take(ended.error))
            ends[1].fd = -1;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) { }
    if (stopped)
        throw Error(ErrorKind::Cancelled, "It was stopped.", {});
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return ended;
}

} // namespace icae
