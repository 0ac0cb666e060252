#include "milter/ctl/suppression_options.h"

#include <fmt/format.h>

#include "milter/ctl/suppression_csv.h"

namespace smtpapi::ctl {

Result<NamedList> read_named_list(const Arguments& arguments) {
  NamedList named;
  if (const auto name = arguments.value("--list")) {
    auto list = read_list(*name);
    if (!list) return std::move(list).error().within("--list");
    named.list = *list;
  }
  if (arguments.has("--group")) {
    const auto id = arguments.number("--group", 0, 1);
    if (!id) return id.error();
    if (named.list && *named.list != SuppressionList::group)
      return invalid(fmt::format("--group goes with --list group, not with --list {}",
                                 to_string(*named.list)));
    named.list = SuppressionList::group;
    named.group = *id;
  }
  return named;
}

std::string list_in_words(SuppressionList list, std::int64_t group) {
  if (list == SuppressionList::group && group != 0) return fmt::format("group {}", group);
  return std::string(to_string(list));
}

Result<std::set<std::int64_t>> group_ids(Store& store) {
  const auto groups = store.groups();
  if (!groups) return groups.error();
  std::set<std::int64_t> ids;
  for (const Group& group : *groups) ids.insert(group.id);
  return ids;
}

void write_suppression(JsonWriter& json, const ListedSuppression& listed) {
  const Suppression& entry = listed.suppression;
  json.begin_object();
  json.member("id", listed.id);
  json.member("email", entry.address);
  json.member("list", to_string(entry.list));
  json.member("group", entry.group);
  json.member("created", to_unix(entry.created));
  json.member("reason", entry.reason);
  json.member("status", entry.status);
  json.member("ip", entry.ip);
  json.end_object();
}

}  // namespace smtpapi::ctl
