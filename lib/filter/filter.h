// The shape of a filter that works on texts: once for each submission, before the tags are cut.
#pragma once

#include <string>
#include <vector>

#include "mail/mime.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// The text of one body of the message, transfer encoding and charset undone.
struct BodyText {
  TextKind kind = TextKind::plain;
  std::string text;      ///< UTF-8; line ends as the part has them, CRLF for what filters add
  bool changed = false;  ///< a filter changed it
};

/// Null when the message has no such body. Filters work on the first one of a kind.
BodyText* first_body(std::vector<BodyText>& bodies, TextKind kind);

using ApplyFilter = void (*)(const FilterSettings& settings, std::vector<BodyText>& bodies,
                             std::vector<Remark>& warnings);

}  // namespace smtpapi
