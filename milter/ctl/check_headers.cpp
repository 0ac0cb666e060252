// Checks of tables that look at header fields: none may take ours away too early, one should take
// what is left of it at the end.
#include <set>

#include "base/text.h"
#include "milter/ctl/checks.h"

namespace smtpapi::ctl {

void check_header_checks(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  constexpr std::string_view check = "header checks";
  bool is_good = true, is_any = false;
  std::set<std::string> done;
  for (const PostfixService* service : postfix.smtpds) {
    if (postfix.is_listener(service) || !postfix.has_our_milter(service)) continue;
    const PostfixService* cleanup = postfix.config.cleanup_of(*service);
    if (!cleanup) continue;
    for (const std::string& table : header_tables(postfix.config, *cleanup)) {
      const auto action = facts.header_actions.find(table);
      if (action == facts.header_actions.end() || !done.insert(table).second) continue;
      is_any = true;
      const auto first = words(action->second);
      if (first.empty()) continue;
      const std::string verb = to_lower(first[0]);
      if (verb == "warn" || verb == "info" || verb == "dunno" || verb == "ok" || verb == "pass")
        continue;
      is_good = false;
      findings.fail(check, fmt::format("{} says {} to an X-SMTPAPI field", table, action->second),
                    "it acts before the milter, which then sees no header (RW-11)",
                    {fmt::format("take the rule out of {}", table)});
    }
  }
  if (is_any && is_good) findings.ok(check, "leave X-SMTPAPI to the milter");
}

void check_header_size(const Facts&, const PostfixView& postfix, Findings& findings) {
  // What Postfix shows a milter at most, whatever is set (KEY-1).
  constexpr long long shown_to_milters = 60'000;
  std::set<const PostfixService*> done;
  for (const MilterUse& use : postfix.milters) {
    if (!use.is_ours) continue;
    const PostfixService* at =
        use.is_non_smtpd ? use.service : postfix.config.cleanup_of(*use.service);
    if (!at || !done.insert(at).second) continue;
    const auto limit = to_integer(postfix.config.get(*at, "header_size_limit"));
    if (!limit || *limit >= shown_to_milters) continue;
    findings.warn("header size", fmt::format("{}: header_size_limit {}", at->key(), *limit),
                  "longer X-SMTPAPI fields are cut and then refused as bad",
                  {postfix.set_where_set(*at, "header_size_limit", "102400")});
  }
}

void check_last_defence(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  constexpr std::string_view check = "last defence";
  for (const std::string& table : parse_tables(postfix.config.get("smtp_header_checks"))) {
    if (const auto why = facts.unasked_tables.find(table); why != facts.unasked_tables.end())
      return findings.warn(check, fmt::format("{}: {}", table, why->second),
                           "whether it lets X-SMTPAPI fields out is not known",
                           {"postmap -q 'X-SMTPAPI: {}' " + shell_word(table)});
    const auto action = facts.header_actions.find(table);
    if (action == facts.header_actions.end()) continue;
    const auto first = words(action->second);
    if (first.empty()) continue;
    const std::string verb = to_lower(first[0]);
    if (verb == "ignore" || verb == "strip")
      return findings.ok(check, table + " lets no X-SMTPAPI field out");
  }
  constexpr std::string_view path = "/etc/postfix/smtpapi_smtp_header_checks";
  std::string value = fmt::format("regexp:{}", path);
  for (const std::string& table : parse_tables(postfix.config.get("smtp_header_checks")))
    if (table != value) value += ", " + table;
  findings.warn(check, "smtp_header_checks lets X-SMTPAPI fields out",
                "a message that misses the milter shows its header to the recipients (RI-13)",
                {fmt::format("echo '/^X-SMTPAPI(-Part)?[[:space:]]*:/ IGNORE' >> {}", path),
                 postfix.set("smtp_header_checks", value)});
}

}  // namespace smtpapi::ctl
