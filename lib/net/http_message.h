// A request and its answer as plain values, and the answer's octets on the wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpapi {

/// What a handler may ask about a request. Header values are as sent, "" when there is none.
struct HttpRequest {
  std::string method;  ///< GET, HEAD or POST: the server refuses others
  std::string path;    ///< percent-decoded once; begins with "/", holds no NUL and no ".." (LIB-25)
  std::string query;   ///< as sent, without "?"
  std::string body;
  std::string user_agent;
  std::string accept_language;
  std::string content_type;
  std::string forwarded_for;  ///< X-Forwarded-For; several fields joined by ", "
  std::string purpose;        ///< Sec-Purpose, Purpose, X-Purpose or X-Moz: "prefetch", "preview"
  std::string peer;           ///< address of who has connected; "" through a UNIX socket
};

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  unsigned status = 200;
  HttpFields fields;  ///< besides Date, Server, Content-Length and Connection
  std::string body;   ///< for HEAD too: it is measured, not sent
};

/// Whether `value` may be a header value: no control characters but tab (LIB-24).
bool is_field_value(std::string_view value);

struct HttpFraming {
  bool keep_alive = true;
  bool http_1_0 = false;  ///< where staying connected must be said
  bool is_head = false;   ///< no body
  std::string_view date;  ///< http_date()
};

/// The answer's octets. A field that no header may hold (is_field_value) makes it a 500 without any
/// field of the handler: nothing of an attacker's can begin a header of ours.
std::string http_octets(const HttpResponse& response, const HttpFraming& framing);

/// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(long long unix_time);

/// A short answer in plain text, "404 Not Found".
HttpResponse plain_response(unsigned status);

struct HttpTarget {
  std::string path;
  std::string query;
};
/// Cuts a request target, in origin or absolute form (RFC 9112 section 3.2), and decodes its path.
/// Nothing for other forms, broken percent codes, NUL, other controls, or a ".." segment.
std::optional<HttpTarget> parse_target(std::string_view target);

}  // namespace smtpapi
