// The X-SMTPAPI object as a plain struct: what the sender asked for, slips of the clients mended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpapi {

/// One entry of `sub`: the text that replaces `tag` for each recipient.
struct Substitution {
  std::string tag;                  ///< UTF-8, never empty
  bool for_everyone = false;        ///< a bare string: the one value serves all recipients (SUB-5)
  std::vector<std::string> values;  ///< element i belongs to recipient i; line breaks as sent

  /// "" where the array is too short (SUB-3).
  std::string_view value(std::size_t index) const {
    if (for_everyone) index = 0;
    return index < values.size() ? std::string_view(values[index]) : std::string_view();
  }
};

/// One filter's settings. Which settings exist is the table in filter_names.h.
struct FilterSettings {
  bool enabled = false;
  std::map<std::string, std::string, std::less<>> values;  ///< text; numbers as written

  /// "" when absent.
  std::string_view value(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view() : std::string_view(found->second);
  }
  bool has(std::string_view name) const { return values.find(name) != values.end(); }
};
using Filters = std::map<std::string, FilterSettings, std::less<>>;  ///< by name

using TextPair = std::pair<std::string, std::string>;

struct Document {
  std::vector<std::string> to;             ///< entries as sent, not yet addresses; empty: absent
  std::vector<Substitution> sub;           ///< tags are unique (HDR-12)
  std::vector<TextPair> section;           ///< tag, text; tags are unique and not empty
  std::vector<std::string> category;       ///< CAT-2 to CAT-4 applied
  bool category_is_array = false;          ///< CAT-6: the shape that was sent
  std::vector<TextPair> unique_args;       ///< before substitution; UA-5 applied
  Filters filters;                         ///< only those that FLT-6 to FLT-8 let count
  std::optional<std::int64_t> send_at;     ///< Unix seconds
  std::vector<std::int64_t> send_each_at;  ///< empty: absent
  std::string batch_id;                    ///< "": none (SCH-11)
  std::optional<std::int64_t> asm_group_id;
  std::vector<std::int64_t> asm_groups_to_display;
  std::string ip_pool;  ///< "": none
};

/// Where in the header value something stands, as the client wrote it: line 1 is the field's first
/// line; columns count octets from 1. Line 0: no particular place.
struct Place {
  std::size_t line = 0;
  std::size_t column = 0;
};

/// A problem (the header is invalid, ERR-4) or a warning (mended or ignored, ERR-5).
struct Remark {
  Place place;
  std::string
      text;  ///< one clause that says what is wrong, where in the object, and how to mend it
};
/// "line 2, column 17: ..."
std::string to_string(const Remark& remark);

}  // namespace smtpapi
