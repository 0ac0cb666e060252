// Checks of the machine: its clock, the log that smtpapi-events follows, room for Postfix's queue.
#include <algorithm>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view log_check = "mail log";
constexpr std::string_view no_events =
    "delivered, deferred and bounce events are missing, and so are new bounces on the lists";
constexpr std::string_view restart = "systemctl restart smtpapi-events";

std::string follow_instead(std::string_view source) {
  return fmt::format("in smtpapi.conf: [events] log = {}", source);
}

void check_log_file(const LogFacts& log, const std::string& user, Findings& findings) {
  const std::string file = shell_word(log.name);
  if (!log.is_there)
    return findings.fail(
        log_check, fmt::format("{}: no such file", log.name),
        std::string(no_events) + "; Debian logs to the journal only (DS-2)",
        {follow_instead("journal:postfix@-"), std::string(restart), "or: apt-get install rsyslog"});
  if (log.blocked_at == log.name)
    return findings.fail(
        log_check, fmt::format("{}: user {} may not read it", log.name, user),
        std::string(no_events) + "; postlogd(8) makes its file for root alone",
        {fmt::format("chgrp adm {} && chmod 640 {}", file, file),
         "after each \"postfix logrotate\" the same; from Postfix 3.9 on once: postconf -e "
         "'maillog_file_permissions = 0644'",
         fmt::format("usermod -a -G adm {}", shell_word(user)), std::string(restart)});
  if (!log.blocked_at.empty())
    return findings.fail(
        log_check, fmt::format("{}: user {} is refused at {}", log.name, user, log.blocked_at),
        std::string(no_events),
        {fmt::format("chmod o+x {}", shell_word(log.blocked_at)), std::string(restart)});
  findings.ok(log_check, log.name);
}

void check_journal(const LogFacts& log, const std::string& user, Findings& findings) {
  if (!log.is_there)
    findings.fail(
        log_check, fmt::format("{}: there is no such unit, or no journal", log.name),
        std::string(no_events),
        {"systemctl list-units 'postfix*' 'sendmail*'",
         follow_instead("journal:UNIT, with the unit of your MTA"), std::string(restart)});
  else if (!log.blocked_at.empty())
    findings.fail(
        log_check, fmt::format("{}: user {} is not in group systemd-journal", log.name, user),
        std::string(no_events),
        {fmt::format("usermod -a -G systemd-journal {}", shell_word(user)), std::string(restart)});
  else
    findings.ok(log_check, log.name);
}

}  // namespace

void check_log(const Facts& facts, Findings& findings) {
  const std::string file(facts.postfix ? facts.postfix->get("maillog_file") : std::string_view());
  const bool is_followed =
      file.empty() || std::any_of(facts.logs.begin(), facts.logs.end(),
                                  [&](const LogFacts& log) { return log.name == file; });
  if (!is_followed && !facts.logs.empty())
    return findings.fail(
        log_check,
        fmt::format("Postfix logs to {}, smtpapi-events follows {}", file, facts.logs.front().name),
        std::string(no_events),
        file.starts_with("/dev/")
            ? std::vector<std::string>{"postconf -X maillog_file", "postfix stop; postfix start"}
            : std::vector<std::string>{follow_instead(file), std::string(restart)});
  // Of several, those that are not there do no harm: the packages name the units of all MTAs.
  const bool is_any = std::any_of(facts.logs.begin(), facts.logs.end(),
                                  [](const LogFacts& log) { return log.is_there; });
  for (const LogFacts& log : facts.logs) {
    if (is_any && !log.is_there) continue;
    log.is_journal() ? check_journal(log, facts.settings.user, findings)
                     : check_log_file(log, facts.settings.user, findings);
  }
}

void check_clock(const Facts& facts, Findings& findings) {
  constexpr std::string_view check = "clock";
  if (!facts.clock_is_in_step) return;
  if (*facts.clock_is_in_step)
    findings.ok(check, "kept in step");
  else
    findings.warn(check, "nothing keeps it in step",
                  "send_at, the times of events and DKIM signatures go by it",
                  {"timedatectl set-ntp true, or apt-get install chrony"});
}

void check_spool(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  constexpr std::string_view check = "queue disk";
  constexpr std::uintmax_t mega = 1u << 20, few_files = 10'000;
  if (!facts.spool) return;
  const DiskFacts& disk = *facts.spool;
  const auto size =
      static_cast<std::uintmax_t>(to_integer(postfix.config.get("message_size_limit")).value_or(0));
  // smtpd(8) wants room for one and a half messages, and the copies come on top of what comes in.
  const std::uintmax_t needed = std::max(size + size / 2, 64 * mega);
  const std::vector<std::string> fix = {"make room on the file system of " + disk.path};
  const std::string found =
      fmt::format("{}: {} MB free", disk.path, grouped(disk.free_bytes / mega));
  const std::string why = "Postfix answers 452: nothing comes in and no copy goes out";
  if (disk.free_bytes < needed)
    findings.fail(check, found, why, fix);
  else if (disk.free_files && *disk.free_files < few_files)
    findings.warn(check, fmt::format("{}: {} files free", disk.path, grouped(*disk.free_files)),
                  why, fix);
  else if (disk.free_bytes < 1024 * mega)
    findings.warn(check, found, why, fix);
  else
    findings.ok(check, found);
}

}  // namespace smtpapi::ctl
