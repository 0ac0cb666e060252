// What the suppression commands share: naming a list on the command line and writing entries down.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/json_writer.h"
#include "store/store.h"

namespace smtpapi::ctl {

constexpr Option list_option = {"--list", "NAME",
                                "global, group, bounces, blocks, invalid,\nspam-reports"};
constexpr Option group_option = {"--group", "ID", "the list of those who left this group"};

/// What --list and --group name; nothing when neither was given. Errors: invalid.
struct NamedList {
  std::optional<SuppressionList> list = {};
  std::int64_t group = 0;  ///< 0: --list group without --group
};
Result<NamedList> read_named_list(const Arguments& arguments);

/// "global", "group 7"
std::string list_in_words(SuppressionList list, std::int64_t group);

Result<std::set<std::int64_t>> group_ids(Store& store);

/// One object.
void write_suppression(JsonWriter& json, const ListedSuppression& listed);

}  // namespace smtpapi::ctl
