// smtpapictl check-config: every mistake in the configuration at once, before a restart meets it.
#include <fmt/ostream.h>
#include <unistd.h>

#include <array>

#include "base/text.h"
#include "milter/ctl/collect_facts.h"
#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "milter/events_settings.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array options = {Option{"--json", "", "one object, for programs"}};

struct Report {
  std::vector<std::string> mistakes;  ///< no daemon starts, or an account's mail is put off
  std::vector<std::string> warnings;
};

Report examine(const Call& call, Facts& facts) {
  Report report;
  for (const std::string_view mistake : split(call.config_mistakes, '\n'))
    if (!mistake.empty()) report.mistakes.emplace_back(mistake);
  report.warnings = facts.settings.warnings;

  read_accounts(facts);
  report.mistakes.insert(report.mistakes.end(), facts.account_mistakes.begin(),
                         facts.account_mistakes.end());
  report.warnings.insert(report.warnings.end(), facts.account_warnings.begin(),
                         facts.account_warnings.end());
  if (!call.config_mistakes.empty()) return report;  // the rest would speak of defaults

  if (const auto links = link_settings(facts.settings); !links) {
    // The key is for root and daemon.user to read.
    const bool is_unknown = links.error().fault == Fault::unavailable && geteuid() != 0;
    (is_unknown ? report.warnings : report.mistakes)
        .push_back((is_unknown ? "not checked: " : "") + links.error().text);
  }
  // Of the accounts' files only what is not JSON has been told.
  if (facts.account_mistakes.empty())
    if (const auto following = following_settings(facts.settings); !following)
      for (const std::string_view mistake : split(following.error().text, '\n'))
        report.mistakes.emplace_back(mistake);
  if (!has_user(facts.settings))
    report.mistakes.push_back("daemon.user: there is no user " + facts.settings.user);
  return report;
}

void write_json(std::ostream& out, const Report& report) {
  JsonWriter json(out);
  json.begin_object();
  json.member("ok", report.mistakes.empty());
  json.strings("mistakes", report.mistakes);
  json.strings("warnings", report.warnings);
  json.end_object();
  json.end_line();
}

int check_config(const Call& call) {
  Facts facts;
  facts.settings = call.settings;
  const Report report = examine(call, facts);
  const int status = report.mistakes.empty() ? EX_OK : EX_CONFIG;
  if (call.arguments.has("--json")) {
    write_json(call.out, report);
    return status;
  }
  for (const std::string& mistake : report.mistakes)
    fmt::print(call.out, "{}\n", shown(mistake, 2000));
  for (const std::string& warning : report.warnings)
    fmt::print(call.out, "warning: {}\n", shown(warning, 2000));
  if (status == EX_OK) {
    const std::string& file = facts.settings.config_file;
    fmt::print(call.out, "ok: {}{}\n",
               file.empty() ? std::string("no ") + default_config_file + ", all defaults" : file,
               facts.account_files == 0
                   ? ""
                   : ", " + counted(facts.account_files, "account file", "account files"));
  }
  return status;
}

}  // namespace

const Command check_config_command = {
    "check-config",
    "",
    0,
    0,
    "Tells every mistake in the configuration",
    options,
    R"(Reads smtpapi.conf and the files of account settings: one mistake a line, with
file and line where it has them. The exit status is 78 when there is one.
Nothing but files is looked at; doctor looks at the rest.)",
    check_config};

}  // namespace smtpapi::ctl
