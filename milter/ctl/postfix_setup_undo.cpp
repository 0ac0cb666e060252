// Takes back what postfix-setup has changed, and nothing that was changed since.
#include <fmt/format.h>

#include "base/text.h"
#include "milter/ctl/postfix_setup_plan.h"

namespace smtpapi::ctl {
namespace {

using Kind = PostfixChange::Kind;

/// `list` less `entry`, its other entries as they are written.
std::string without_entry(std::string list, std::string_view entry) {
  for (auto at = list.find(entry); at != std::string::npos; at = list.find(entry, at)) {
    auto end = at + entry.size();
    const bool is_word = (at == 0 || list[at - 1] == ',' || is_space(list[at - 1])) &&
                         (end == list.size() || list[end] == ',' || is_space(list[end]));
    if (!is_word) {
      at = end;
      continue;
    }
    while (end < list.size() && (list[end] == ',' || is_space(list[end]))) ++end;
    list.erase(at, end - at);
  }
  while (!list.empty() && (list.back() == ',' || is_space(list.back()))) list.pop_back();
  return list;
}

/// What with_entry() has put in front; the whole value where there was none before.
std::string our_entry(const PostfixChange& change) {
  const std::string before = ", " + change.before.value_or("");
  return change.before && change.after.ends_with(before)
             ? change.after.substr(0, change.after.size() - before.size())
             : change.after;
}

}  // namespace

PostfixSetup plan_postfix_undo(const std::vector<PostfixChange>& made, const PostfixConfig& config,
                               const MainCf& main_cf) {
  PostfixSetup undo;
  for (auto change = made.rbegin(); change != made.rend(); ++change) {
    if (change->kind == Kind::service) {
      const auto slash = change->name.rfind('/');
      if (config.find(change->name.substr(0, slash), change->name.substr(slash + 1)))
        undo.changes.push_back({Kind::service, change->name, change->after, {}});
      continue;
    }
    if (change->kind == Kind::table) {
      undo.changes.push_back({Kind::table, change->name, change->after, {}});
      continue;
    }
    const auto now = main_cf.find(change->name);
    if (now == main_cf.end()) continue;
    if (now->second == change->after) {
      undo.changes.push_back(
          {Kind::parameter, change->name, now->second, change->before.value_or("")});
      continue;
    }
    const std::string rest = without_entry(now->second, our_entry(*change));
    if (rest != now->second)
      undo.changes.push_back({Kind::parameter, change->name, now->second, rest});
    else if (now->second != change->before)
      undo.remarks.push_back(fmt::format("{} was changed since and is left: {}", change->name,
                                         printable(now->second)));
  }
  return undo;
}

}  // namespace smtpapi::ctl
