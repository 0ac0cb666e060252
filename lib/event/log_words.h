// Pieces of the lines that MTAs write to their logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/delivery_report.h"

namespace smtpapi {

/// Of what an answer says.
inline constexpr std::size_t longest_answer = 2'000;

std::uint64_t hash_of(std::string_view text);  ///< FNV-1a

/// What `text` begins with, if it looks like a queue ID; else "".
std::string_view queue_id_in(std::string_view text);

/// Takes "QID: " off.
std::optional<std::string_view> take_queue_id(std::string_view& message);

/// Behind "<": the address in front of the ">" that closes it. A ">" in a quoted local part is the
/// address's own: Postfix writes such quotes (info_log_address_format).
std::optional<std::string_view> take_address(std::string_view& rest);

/// The value of "NAME=" up to the next ", ", from the front of `rest`: a key found there cannot
/// come out of an answer that stands behind it.
std::string_view take_value(std::string_view& rest, std::string_view name);

/// "192.0.2.1" of "mx.example.org[192.0.2.1]:25" and of "mx.example.org. [192.0.2.1]". "" if there
/// is none.
std::string ip_of(std::string_view relay);

/// In front of an answer; 0: none.
int reply_code_of(std::string_view text);

/// Enhanced (RFC 3463).
bool is_status_code(std::string_view text);

/// The same whenever and from wherever the line is read.
std::string mark_of(const LogLine& line);

}  // namespace smtpapi
