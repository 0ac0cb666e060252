// HTTP requests of ours to endpoints that somebody else runs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace smtpapi {

struct PostRequest {
  /// http or https; user and password in it become basic authentication (EVT-6).
  std::string url;
  /// Names and values; "Authorization" here goes before what the URL says.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string_view body;
};

struct PostAnswer {
  unsigned status = 0;
  std::string body;  ///< its beginning
};

class Poster {
 public:
  virtual ~Poster() = default;
  /// One POST. What comes back is an answer, whatever its status; redirects are not followed.
  /// Errors: unavailable, when there was none in time: the text says why, without the URL.
  virtual Result<PostAnswer> post(const PostRequest& request) = 0;
};

}  // namespace smtpapi
