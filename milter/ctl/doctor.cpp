// smtpapictl doctor: is everything set up, and how is what is not mended?
#include <fmt/ostream.h>

#include <array>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/collect_facts.h"
#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array options = {
    Option{"--postfix-config", "FOLDER", "the Postfix to look at, by the folder of its\nmain.cf"},
    Option{"--sendmail-config", "FILE",
           "the Sendmail to look at; default when there is\nno Postfix: /etc/mail/sendmail.cf"},
    Option{"--all", "", "also what is well, a line each"},
    Option{.name = "--quiet", .value = "", .help = "nothing when all is well", .letter = 'q'},
    Option{"--json", "", "one object, for programs"},
};

std::string_view in_words(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warn";
    case Health::failure:
      return "FAIL";
  }
  return {};
}

constexpr std::size_t check_width = 17;
constexpr std::size_t indent = 6 + check_width;

enum class Extent { all, complaints, nothing_when_well };

void write_text(std::ostream& out, const Findings& findings, Extent extent) {
  bool changes_postfix = false;
  for (const Finding& finding : findings.all()) {
    if (extent != Extent::all && finding.health == Health::ok) continue;
    fmt::print(out, "{:<6}{:<{}}{}\n", in_words(finding.health), finding.check, check_width,
               wrapped(shown(finding.found, 500), indent));
    if (!finding.why.empty())
      fmt::print(out, "{:{}}{}\n", "", indent, wrapped(finding.why, indent));
    // Commands are not wrapped: they are there to be copied.
    for (const std::string& fix : finding.fix) {
      fmt::print(out, "{:{}}> {}\n", "", indent, shown(fix, 2000));
      changes_postfix |= fix.starts_with("postconf ");
    }
  }
  const std::size_t warnings = findings.count(Health::warning);
  const std::size_t failures = findings.count(Health::failure);
  const bool is_well = warnings + failures == 0;
  if (extent == Extent::nothing_when_well && is_well) return;
  fmt::print(out, "{}{} ok, {}, {}{}\n", extent != Extent::all && is_well ? "" : "\n",
             findings.count(Health::ok), counted(warnings, "warning", "warnings"),
             counted(failures, "failure", "failures"),
             changes_postfix ? "; after postconf: postfix reload" : "");
}

void write_json(std::ostream& out, const Findings& findings) {
  JsonWriter json(out);
  json.begin_object();
  json.member("ok", findings.count(Health::failure) == 0);
  json.key("findings");
  json.begin_array();
  for (const Finding& finding : findings.all()) {
    json.begin_object();
    json.member("status", to_lower(in_words(finding.health)));
    json.member("check", finding.check);
    json.member("found", finding.found);
    json.member("why", finding.why);
    json.strings("fix", finding.fix);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

int doctor(const Call& call) {
  std::vector<std::string> mistakes;
  for (const std::string_view mistake : split(call.config_mistakes, '\n'))
    if (!mistake.empty()) mistakes.emplace_back(mistake);
  Places places;
  places.postfix_folder = call.arguments.value("--postfix-config").value_or("");
  places.is_sendmail = call.arguments.has("--sendmail-config");
  places.sendmail_file = call.arguments.value("--sendmail-config").value_or(places.sendmail_file);

  Findings findings;
  run_checks(collect_facts(call.settings, std::move(mistakes), places), findings);
  if (call.arguments.has("--json"))
    write_json(call.out, findings);
  else
    write_text(call.out, findings,
               call.arguments.has("--quiet") ? Extent::nothing_when_well
               : call.arguments.has("--all") ? Extent::all
                                             : Extent::complaints);
  return findings.count(Health::failure) == 0 ? EX_OK : found_fault;
}

}  // namespace

const Command doctor_command = {
    "doctor",
    "",
    0,
    0,
    "Checks the MTA's settings and ours",
    options,
    R"(Looks at Postfix by postconf(1), at our files, disks, clock and the log, and
whether milter, injection listener and links answer. Nothing is changed. Lines
begin with warn or FAIL, with --all also ok; then why it matters, and behind
">" what mends it. The exit status is 1 when something FAILs.)",
    doctor};

}  // namespace smtpapi::ctl
