// The poster on libcurl (LIB-28).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "net/poster.h"

namespace smtpapi {

struct PosterSettings {
  bool allow_private = false;                  ///< else addresses that are not public are refused
  std::string ca_file;                         ///< certificates that are trusted; "": the system's
  std::chrono::milliseconds time_out{10'000};  ///< for all of it (EVT-4)
  const std::atomic<bool>* stop = nullptr;     ///< set: a post under way is given up
};

/// One connection is kept and used again. Certificates are checked, TLS is 1.2 or newer, proxies of
/// the environment are not used. What is connected to is judged by its address when its name has
/// been looked up, so a name cannot lead astray. For one thread at a time.
class CurlPoster final : public Poster {
 public:
  explicit CurlPoster(PosterSettings settings);
  ~CurlPoster() override;
  Result<PostAnswer> post(const PostRequest& request) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Errors: invalid when `url` is no http or https URL with a host.
Status check_post_url(const std::string& url);

}  // namespace smtpapi
