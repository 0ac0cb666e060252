#include "net/http_message.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "base/text.h"
#include "net/url_form.h"

namespace smtpapi {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

bool is_token(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!alphanumeric && c != '-' && c != '_') return false;
  }
  return true;
}

bool has_dot_dot(std::string_view path) {
  for (const std::string_view segment : split(path, '/')) {
    if (segment == "..") return true;
  }
  return false;
}

/// Path and query of `target`, whichever form it has; "" for none.
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_with_ignoring_case(target, scheme)) continue;
    const auto slash = target.find_first_of("/?#", scheme.size());
    if (slash == std::string_view::npos || target[slash] != '/') return {};
    return target.substr(slash);
  }
  return {};
}

}  // namespace

bool is_field_value(std::string_view value) {
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet < 0x20 && octet != '\t') || octet == 0x7F) return false;
  }
  return true;
}

std::string http_octets(const HttpResponse& response, const HttpFraming& framing) {
  std::size_t size = 256 + response.body.size();
  for (const auto& [name, value] : response.fields) {
    if (!is_token(name) || !is_field_value(value)) return http_octets(plain_response(500), framing);
    size += name.size() + value.size() + 4;
  }
  std::string out;
  out.reserve(size);
  out += "HTTP/1.1 ";
  out += fmt::format_int(response.status).str();
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nServer: smtpapi-track\r\nDate: ";
  out += framing.date;
  for (const auto& [name, value] : response.fields) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  const bool has_body = response.status != 204 && response.status >= 200;
  if (has_body) {
    out += "\r\nContent-Length: ";
    out += fmt::format_int(response.body.size()).str();
  }
  if (!framing.keep_alive) {
    out += "\r\nConnection: close";
  } else if (framing.http_1_0) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
  if (has_body && !framing.is_head) out += response.body;
  return out;
}

std::string http_date(long long unix_time) {
  static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_time;
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days.at(parts.tm_wday),
                     parts.tm_mday, months.at(parts.tm_mon), parts.tm_year + 1900, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

HttpResponse plain_response(unsigned status) {
  HttpResponse out;
  out.status = status;
  out.fields = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}};
  out.body = fmt::format("{} {}\n", status, reason_phrase(status));
  return out;
}

std::optional<HttpTarget> parse_target(std::string_view target) {
  std::string_view origin = origin_form(target);
  if (origin.empty()) return std::nullopt;
  origin = origin.substr(0, origin.find('#'));
  const auto mark = origin.find('?');
  auto path = decode_percent(origin.substr(0, mark), PlusMeans::plus);
  if (!path || !is_field_value(*path) || has_dot_dot(*path)) return std::nullopt;
  HttpTarget out;
  out.path = *std::move(path);
  if (mark != std::string_view::npos) out.query = origin.substr(mark + 1);
  return out;
}

}  // namespace smtpapi
