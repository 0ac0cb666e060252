// Checks of sendmail.cf, as far as it can be read without running rule sets.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view check = "sendmail";

/// What sendmail.cf says of filters and daemons.
struct SendmailConfig {
  std::map<std::string, std::map<std::string, std::string>> filters;  ///< name -> equates
  std::vector<std::map<std::string, std::string>> daemons;            ///< DaemonPortOptions
  std::map<std::string, std::string> options;
};

/// "S=local:/x, F=T" -> {S, F}
std::map<std::string, std::string> parse_equates(std::string_view text) {
  std::map<std::string, std::string> out;
  for (const std::string_view piece : split(text, ',')) {
    const auto equals = piece.find('=');
    if (equals != std::string_view::npos)
      out[std::string(trim(piece.substr(0, equals)))] = trim(piece.substr(equals + 1));
  }
  return out;
}

SendmailConfig parse_sendmail(std::string_view text) {
  SendmailConfig config;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with('X')) {
      const auto comma = line.find(',');
      if (comma != std::string_view::npos)
        config.filters[std::string(trim(line.substr(1, comma - 1)))] =
            parse_equates(line.substr(comma + 1));
    } else if (line.starts_with("O ")) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string name(trim(line.substr(2, equals - 2)));
      const std::string value(trim(line.substr(equals + 1)));
      if (name == "DaemonPortOptions") config.daemons.push_back(parse_equates(value));
      config.options[name] = value;
    }
  }
  return config;
}

bool lists(std::string_view filters, std::string_view name) {
  std::string text(filters);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == ',' || c == ';'; }, ' ');
  const auto names = words(text);
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void check_sendmail(const Facts& facts, Findings& findings) {
  const SendmailConfig config = parse_sendmail(*facts.sendmail);
  const std::string rebuild = "then rebuild sendmail.cf and restart Sendmail";
  const auto ours = libmilter_address(facts.settings.milter_socket);
  std::string name;
  for (const auto& [filter, equates] : config.filters) {
    const auto socket = equates.find("S");
    if (socket == equates.end()) continue;
    const auto address = libmilter_address(socket->second);
    if (ours && address && is_same_place(*ours, *address)) name = filter;
  }
  if (name.empty()) {
    findings.fail(
        check,
        fmt::format("{} has no filter at {}", facts.sendmail_file, facts.settings.milter_socket),
        "the header is not obeyed and goes out to the recipients",
        {fmt::format("sendmail.mc: INPUT_MAIL_FILTER(`smtpapi', `S={}, F=T, "
                     "T=C:30s;S:30s;R:2m;E:5m')dnl",
                     facts.settings.milter_socket),
         rebuild});
  } else {
    const auto& equates = config.filters.at(name);
    const auto flag = equates.find("F");
    if (flag == equates.end() || (flag->second != "T" && flag->second != "4"))
      findings.fail(check, fmt::format("filter {} has no F=T", name),
                    "whenever the milter is down the header goes out (SM-2)",
                    {"sendmail.mc: F=T in its INPUT_MAIL_FILTER line", rebuild});
    const auto filters = config.options.find("InputMailFilters");
    if (filters == config.options.end() || !lists(filters->second, name))
      findings.warn(check, fmt::format("filter {} is not in InputMailFilters", name),
                    "only daemons that name it use it (SM-6)",
                    {"sendmail.mc: INPUT_MAIL_FILTER in place of MAIL_FILTER", rebuild});
    if (equates.find("T") == equates.end())
      findings.warn(
          check, fmt::format("filter {} has no T=", name),
          "Sendmail gives up on a filter after 10 s (SM-3)",
          {"sendmail.mc: T=C:30s;S:30s;R:2m;E:5m in its INPUT_MAIL_FILTER line", rebuild});
    findings.ok(check, fmt::format("filter {} is smtpapi-milter", name));
  }

  const auto headers = config.options.find("MaxHeadersLength");
  const long long length =
      headers == config.options.end() ? 32768 : to_integer(headers->second).value_or(32768);
  if (length > 0 && length < 1 << 20)
    findings.warn(check,
                  fmt::format("MaxHeadersLength {}", grouped(static_cast<std::size_t>(length))),
                  "messages with longer headers are answered 552 (KEY-2)",
                  {"sendmail.mc: define(`confMAX_HEADERS_LENGTH', `2097152')dnl", rebuild});

  const auto listener = facts.listeners.find(facts.settings.inject_server);
  if (listener != facts.listeners.end() && !listener->second.greets)
    findings.fail(
        "injection",
        fmt::format("inject.server {}: {}", facts.settings.inject_server, listener->second.error),
        "copies cannot leave; they wait in the store",
        {"sendmail.mc: DAEMON_OPTIONS(`Name=SmtpapiIn, Family=inet, Addr=127.0.0.1, "
         "Port=10026, M=EAS, InputMailFilters=, DeliveryMode=q, children=20')dnl",
         rebuild});
  const auto socket = facts.sockets.find(ours ? text(*ours) : "");
  if (socket != facts.sockets.end() && !socket->second.answers)
    findings.fail(
        "milter socket", fmt::format("{}: {}", facts.settings.milter_socket, socket->second.error),
        "smtpapi-milter does not run there: mail is put off", {"systemctl start smtpapi-milter"});
  findings.ok(check, "not checked: rule sets, the filters of each daemon, the access map");
}

}  // namespace smtpapi::ctl
