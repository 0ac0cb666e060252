// Checks of our own set-up: configuration, account settings, trust, store.
#include <algorithm>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view configuration = "configuration";
constexpr std::string_view accounts = "account settings";
constexpr std::string_view trust = "trust";
constexpr std::string_view store = "store";
constexpr std::string_view queue = "hold queue";

std::string in_words(std::uintmax_t bytes) {
  constexpr unsigned mega = 20, giga = 30;
  return bytes >> giga >= 10 ? grouped(bytes >> giga) + " GB" : grouped(bytes >> mega) + " MB";
}

}  // namespace

void check_configuration(const Facts& facts, Findings& findings) {
  for (const std::string& mistake : facts.config_mistakes)
    findings.fail(configuration, mistake,
                  "no program starts with it; the rest is checked as if "
                  "nothing were set",
                  {"correct the file; smtpapi.conf(5) has all keys"});
  for (const std::string& warning : facts.settings.warnings)
    findings.warn(configuration, warning, "it may be thought to work", {"take the line out"});
  if (!facts.has_user)
    findings.fail(configuration,
                  fmt::format("daemon.user {}: there is no such user", facts.settings.user),
                  "no program started by root gets far",
                  {"adduser --system --group " + shell_word(facts.settings.user)});
  if (!facts.config_mistakes.empty()) return;
  findings.ok(configuration, facts.settings.config_file.empty()
                                 ? std::string("no ") + default_config_file + ": all defaults"
                                 : facts.settings.config_file);
}

void check_accounts(const Facts& facts, Findings& findings) {
  for (const std::string& mistake : facts.account_mistakes)
    findings.fail(accounts, mistake, "messages of this account are answered 451 until it is mended",
                  {"correct the file"});
  for (const std::string& warning : facts.account_warnings)
    findings.warn(accounts, warning, "a setting has no effect", {"correct the file"});
  if (facts.account_mistakes.empty() && facts.account_files > 0)
    findings.ok(accounts, counted(facts.account_files, "file", "files"));
}

void check_trust(const Facts& facts, Findings& findings) {
  const auto& networks = facts.settings.trust.networks;
  for (const std::string& network : networks) {
    if (!network.ends_with("/0")) continue;
    findings.fail(trust, "trust.networks has " + network,
                  "whoever reaches the MTA may send to anyone by a header (KEY-8)",
                  {"name your own networks in trust.networks"});
  }
  if (networks.empty() && !facts.settings.trust.authenticated &&
      facts.settings.trust.daemon_names.empty())
    findings.warn(trust, "nobody is trusted", "every header is removed and none obeyed",
                  {"set trust.networks, trust.authenticated or trust.daemon-names"});
}

namespace {

/// What mends a store that cannot be used, by what was said of it.
std::vector<std::string> mend_store(const std::string& error) {
  const auto says = [&](std::string_view words) { return error.find(words) != std::string::npos; };
  if (says("newer smtpapi"))
    return {"apt-get install --only-upgrade smtpapi-milter", "systemctl restart smtpapi.target"};
  if (says("malformed") || says("not a database") || says("corrupt"))
    return {"put the store back from a backup: docs/operations.md, Backup and restore"};
  if (says("locked")) return {"try again: another program is busy with it"};
  return {"smtpapictl init"};
}

}  // namespace

void check_store(const Facts& facts, Findings& findings) {
  constexpr std::uintmax_t little = 1u << 30;
  constexpr std::uintmax_t too_little = 64u << 20;
  const std::string what = facts.store.path.empty() ? facts.settings.store_url : facts.store.path;
  if (!facts.store.error.empty())
    return findings.fail(store, facts.store.error, "messages with a header are answered 451",
                         mend_store(facts.store.error));
  if (!facts.store.blocked_at.empty())
    return findings.fail(
        store,
        fmt::format("{}: user {} is refused at {}", what, facts.settings.user,
                    facts.store.blocked_at),
        "messages with a header are answered 451",
        {"as root: smtpapictl init", fmt::format("chown {} {}", shell_word(facts.settings.user),
                                                 shell_word(facts.store.blocked_at))});
  if (!facts.store.free_bytes) return findings.ok(store, what);
  const std::string found = fmt::format("{}, {} free", what, in_words(*facts.store.free_bytes));
  // One message of the largest size must find room at any rate.
  const std::uintmax_t needed =
      std::max<std::uintmax_t>(too_little, 2 * facts.settings.limits.message_bytes);
  const std::vector<std::string> fix = {"make room on that file system, or move store.url"};
  if (*facts.store.free_bytes < needed)
    findings.fail(store, found, "a full disk answers every message with a header 451", fix);
  else if (*facts.store.free_bytes < little)
    findings.warn(store, found, "a full disk answers every message with a header 451", fix);
  else
    findings.ok(store, found);
}

void check_queue(const Facts& facts, Findings& findings) {
  if (facts.store.left == 0) return;
  findings.fail(
      queue,
      fmt::format("{} waited for over a minute, and no smtpapi-queue is at work",
                  counted(facts.store.left, "copy that is due has", "copies that are due have")),
      "held mail does not go out", {"systemctl restart smtpapi-queue", "smtpapictl queue list"});
}

}  // namespace smtpapi::ctl
