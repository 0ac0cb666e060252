#include "milter/ctl/bounce_service.h"

#include <fmt/format.h>

#include "base/text.h"

namespace smtpapi::ctl {

bool is_bounce_service(const PostfixService& service) {
  return service.program == "pipe" &&
         pipe_program(service).find("smtpapi-bounce") != std::string::npos;
}

std::string pipe_user(const PostfixService& service) {
  for (const std::string_view word : words(service.arguments)) {
    if (word.starts_with("argv=")) break;
    if (word.starts_with("user=")) {
      const std::string_view user = word.substr(5);
      return std::string(user.substr(0, user.find(':')));
    }
  }
  return {};
}

std::string pipe_program(const PostfixService& service) {
  const auto at = service.arguments.find("argv=");
  if (at == std::string::npos) return {};
  const auto argv = words(std::string_view(service.arguments).substr(at + 5));
  return argv.empty() ? std::string() : std::string(argv.front());
}

std::string bounce_service_line(std::string_view user) {
  return fmt::format(
      "{} unix - n n - 4 pipe flags=q user={} null_sender= argv=/usr/sbin/smtpapi-bounce -- "
      "${{recipient}}",
      bounce_service, user.empty() ? "smtpapi" : user);
}

std::string bounce_route(std::string_view domain, std::string_view service) {
  return fmt::format("inline:{{{}={}:}}", domain, service);
}

std::string return_path_domain(std::string_view return_path) {
  const auto at = return_path.rfind('@');
  return at == std::string_view::npos ? std::string()
                                      : to_lower(std::string_view(return_path.substr(at + 1)));
}

}  // namespace smtpapi::ctl
