// The pipe(8) service that hands returned mail to smtpapi-bounce.
#pragma once

#include <string>
#include <string_view>

#include "milter/ctl/postfix_config.h"

namespace smtpapi::ctl {

constexpr std::string_view bounce_service = "smtpapi-bounce";

bool is_bounce_service(const PostfixService& service);
/// What stands behind "user=", without its group; "" nothing.
std::string pipe_user(const PostfixService& service);
/// The first word behind "argv=".
std::string pipe_program(const PostfixService& service);

/// The line of master.cf. `user`: daemon.user, "" for the package's.
std::string bounce_service_line(std::string_view user);
/// The entry of transport_maps.
std::string bounce_route(std::string_view domain, std::string_view service);

/// The domain of inject.return-path; "" when there is none.
std::string return_path_domain(std::string_view return_path);

}  // namespace smtpapi::ctl
