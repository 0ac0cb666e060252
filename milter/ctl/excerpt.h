// The line of the X-SMTPAPI header that a remark speaks of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "smtpapi/document.h"

namespace smtpapi::ctl {

/// The lines that places in remarks count: of the X-SMTPAPI field, then of its X-SMTPAPI-Part
/// fields by number; blanks behind the colon are left out. Views into the message.
std::vector<std::string_view> header_lines(const Message& message);

/// Two lines, each behind `indent` blanks and ended by LF: the text around the place, and a caret
/// below it. A long line is cut to what fits `width` columns. "" when there is no such place.
std::string excerpt(const std::vector<std::string_view>& lines, const Place& place,
                    std::size_t indent = 4, std::size_t width = 79);

}  // namespace smtpapi::ctl
