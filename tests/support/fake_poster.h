// A poster that answers what the test says and remembers what it was given.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/poster.h"

namespace smtpapi {

struct Posted {
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  /// "" when there is none.
  std::string field(std::string_view name) const {
    for (const auto& [each, value] : fields) {
      if (each == name) return value;
    }
    return "";
  }
};

class FakePoster final : public Poster {
 public:
  std::function<Result<PostAnswer>(const Posted&)> answer = [](const Posted&) {
    return PostAnswer{200, ""};
  };
  std::vector<Posted> posts;

  Result<PostAnswer> post(const PostRequest& request) override {
    posts.push_back({request.url, request.fields, std::string(request.body)});
    return answer(posts.back());
  }
};

}  // namespace smtpapi
