// A process that tells what it has done until it is killed: this program again, running one hidden test alone, for a
// fork alone would lack the threads that libraries have started.
#pragma once

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <type_traits>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace vigia::tests {

// The test's side. The child is killed and waited for at the end at the latest.
class ChildTest {
 public:
  // `tag` of the hidden test, like "[.crash-child]"; `arguments` are what it finds in its environment.
  ChildTest(const std::string& tag, const std::map<std::string, std::string>& arguments) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      for (const auto& [name, value] : arguments) ::setenv(name.c_str(), value.c_str(), 1);
      ::setenv(kPipe, std::to_string(pipe[1]).c_str(), 1);
      ::execl("/proc/self/exe", "child", tag.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(pipe[1]);
    pipe_ = pipe[0];
  }
  ~ChildTest() {
    ::close(pipe_);
    if (pid_ > 0) {
      Kill();
      ::waitpid(pid_, nullptr, 0);
    }
  }
  ChildTest(const ChildTest&) = delete;
  ChildTest& operator=(const ChildTest&) = delete;

  // The next thing that the child has told, also after Kill(); false when it is dead and there is no more.
  template <class Told>
  bool Read(Told& told) const {
    static_assert(std::is_trivially_copyable_v<Told>);
    return ::read(pipe_, &told, sizeof(told)) == sizeof(told);
  }
  void Kill() const { ::kill(pid_, SIGKILL); }
  // Waits for the end, and says whether it came by a signal: anything else is a fault of the child.
  bool WasKilled() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status);
  }

  // The child's side: what was told before a kill arrives.
  template <class Told>
  static void Tell(const Told& told) {
    static_assert(std::is_trivially_copyable_v<Told>);
    REQUIRE(::write(std::atoi(Argument(kPipe).c_str()), &told, sizeof(told)) == sizeof(told));
  }
  static std::string Argument(const char* name) {
    const char* const value = std::getenv(name);
    REQUIRE(value != nullptr);
    return value;
  }

 private:
  static constexpr const char* kPipe = "VIGIA_CHILD_PIPE";
  pid_t pid_ = -1;
  int pipe_ = -1;
};

}  // namespace vigia::tests
