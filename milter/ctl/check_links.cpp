// Checks of the files of keys, and of the server that links in mail lead to.
#include "milter/ctl/checks.h"
#include "milter/ctl/key_file.h"

namespace smtpapi::ctl {

void check_key_file(const Facts& facts, Findings& findings) {
  constexpr std::string_view check = "key file";
  const std::string& path = facts.settings.tracking_key_file;
  if (!facts.key_file || path.empty()) return;
  const KeyFileFacts& key = *facts.key_file;
  const bool is_needed =
      !facts.settings.tracking_url.empty() || !facts.settings.inject_return_path.empty();
  if (!key.is_there) {
    if (is_needed)
      findings.fail(check, path + ": no such file", "links and bounce addresses are sealed with it",
                    {"smtpapictl init", "systemctl restart smtpapi.target"});
    return;
  }
  constexpr unsigned others = 07, group_write = 020, group_read = 040;
  const std::string mode = fmt::format("{}: mode {:04o}", path, key.mode);
  const std::string forge =
      "who reads it can unsubscribe anybody, and make links of yours that "
      "lead anywhere";
  const std::vector<std::string> close = {"chmod 600 " + shell_word(path)};
  if ((key.mode & (others | group_write)) != 0)
    findings.fail(check, mode, forge, close);
  else if ((key.mode & group_read) != 0)
    findings.warn(check, mode, forge, close);
  else if (!key.error.empty())
    findings.fail(check, key.error, "no program that needs it starts",
                  {"put the file back from your backup; a new key ends the links in mail already "
                   "sent"});
  else if (!key.blocked_at.empty())
    findings.fail(
        check,
        fmt::format("{}: user {} is refused at {}", path, facts.settings.user, key.blocked_at),
        "no program that needs it starts",
        {fmt::format("chown {} {}", shell_word(facts.settings.user), shell_word(key.blocked_at))});
  else
    findings.ok(check, path);
}

void check_api_keys(const Facts& facts, Findings& findings) {
  constexpr std::string_view check = "API keys";
  if (!facts.api_keys) return;
  const std::string path = usual_key_file(facts.settings.config_file);
  const std::string mode = fmt::format("{}: mode {:04o}", path, facts.api_keys->mode);
  constexpr unsigned others_write = 022, others = 07;
  const std::vector<std::string> close = {"chmod 640 " + shell_word(path)};
  if ((facts.api_keys->mode & others_write) != 0)
    findings.fail(check, mode, "who writes it can log in as anybody", close);
  else if ((facts.api_keys->mode & others) != 0)
    findings.warn(check, mode, "the hashes are nobody's business", close);
  else if (!facts.api_keys->blocked_at.empty())
    findings.fail(
        check, fmt::format("{}: user dovecot is refused at {}", path, facts.api_keys->blocked_at),
        "no login with a key succeeds",
        {fmt::format("chgrp dovecot {0} && chmod 640 {0}", shell_word(path))});
  else
    findings.ok(check, path);
}

void check_tracking(const Facts& facts, Findings& findings) {
  constexpr std::string_view check = "tracking";
  if (!facts.tracking) return;
  const Settings& settings = facts.settings;
  const TrackingFacts& tracking = *facts.tracking;
  const std::string dead = "links and unsubscribe pages in mail that was sent lead nowhere";
  const std::string ask =
      fmt::format("curl -i {}", shell_word(settings.tracking_url + "/robots.txt"));
  if (tracking.error.empty())
    findings.ok(check, settings.tracking_url + " answers");
  else if (!tracking.local_error.empty())
    findings.fail(check,
                  fmt::format("tracking.listen {}: {}; {}: {}", settings.tracking_listen,
                              tracking.local_error, settings.tracking_url, tracking.error),
                  dead, {"systemctl enable --now smtpapi-track", ask});
  else
    findings.warn(check, fmt::format("{}: {}", settings.tracking_url, tracking.error),
                  dead + ", unless it is only from here that it does not answer",
                  {fmt::format("let the web server of that address pass everything on to {}",
                               settings.tracking_listen),
                   "from outside: " + ask});
}

}  // namespace smtpapi::ctl
