// A connected socket that is never waited for longer than was agreed.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/endpoint.h"

struct sockaddr;

namespace smtpapi {

/// Errors are `unavailable` throughout and end the stream's use. Not thread-safe.
class Stream {
 public:
  using Wait = std::chrono::milliseconds;

  /// Tries the addresses of a name one after the other, each for `wait` at most. `abandon` cuts
  /// this and every later wait short.
  static Result<Stream> connect(const Endpoint& to, Wait wait, std::stop_token abandon = {});

  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  /// Writes everything. `wait` is for each block that the peer takes, not for the whole. The
  /// entries of `pieces` are used up.
  Status write(std::span<iovec> pieces, Wait wait);
  Status write(std::string_view text, Wait wait);

  /// The next line without its line end, at most `wait` from now. Valid until the next call.
  /// Lines longer than 4,096 octets are an error.
  Result<std::string_view> read_line(Wait wait);

  /// True if the last error was that the peer said nothing for the time agreed.
  bool was_silent() const { return silent_; }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  Stream(int fd, std::stop_token abandon) : fd_(fd), abandon_(std::move(abandon)) {}
  static Result<Stream> connect_to(const sockaddr* address, unsigned size, Wait wait,
                                   const std::stop_token& abandon);
  Status check(Deadline deadline, Wait wait);

  int fd_ = -1;
  std::stop_token abandon_;
  bool silent_ = false;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of what has not been handed out
};

}  // namespace smtpapi
