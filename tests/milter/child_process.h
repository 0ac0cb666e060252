// A program of ours as a child, for tests that need the real thing.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace smtpapi {

/// Started at once; killed and waited for when it goes away. Standard output and error go to files.
class ChildProcess {
 public:
  /// `words`: the program's path and its arguments. `folder`: an existing one for its output.
  /// `input`: what it reads on standard input. `environment`: NAME=VALUE, added to ours.
  ChildProcess(const std::vector<std::string>& words, const std::string& folder,
               const std::string& input = {}, const std::vector<std::string>& environment = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void signal(int number);
  /// Its exit status, 128 + number when a signal ended it. Throws after 60 s.
  int wait();
  bool is_running();
  std::string output() const;
  std::string errors() const;

 private:
  std::string folder_;
  pid_t pid_ = -1;
  int status_ = -1;
};

}  // namespace smtpapi
