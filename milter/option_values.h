// What stands behind the "=" of an option, read as the value it means. All errors are `invalid` and
// say what would be right.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace smtpapi {

/// "10000"
Result<std::size_t> read_count(std::string_view text);
/// Octets: "31457280", "30M"; k, M and G are powers of 1024.
Result<std::size_t> read_bytes(std::string_view text);
/// Seconds: "90", "90s", "15m", "2h", "366d".
Result<std::chrono::seconds> read_duration(std::string_view text);
/// yes, no; also true, false, on, off, 1, 0.
Result<bool> read_yes_no(std::string_view text);

/// "10.0.0.0/8", "::1/128"; a lone address means itself, brackets as Postfix writes them are taken
/// off. Result: with its prefix length.
Result<std::string> read_network(std::string_view text);
/// A place to connect to or to listen on: "127.0.0.1:10026", "[::1]:10026", "unix:/path".
Result<std::string> read_endpoint(std::string_view text);
/// "name=endpoint"
Result<std::pair<std::string, std::string>> read_pool(std::string_view text);
/// libmilter's syntax (LM-10): "unix:/path", "inet:PORT@HOST".
Result<std::string> read_milter_socket(std::string_view text);
/// An address with room for a token before its "@" (PIPE-7).
Result<std::string> read_return_path(std::string_view text);
Result<std::string> read_hostname(std::string_view text);
Result<std::string> read_store_url(std::string_view text);
/// "https://links.example.com/mail": http or https, without query and fragment. Result: without "/"
/// at its end.
Result<std::string> read_base_url(std::string_view text);

}  // namespace smtpapi
