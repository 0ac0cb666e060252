// Checks of sendmail.cf, as far as it can be read without running rule sets.
#include <algorithm>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/output.h"
#include "milter/ctl/sendmail_config.h"
#include "net/endpoint.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view check = "sendmail", way_in = "way in", injection = "injection";
constexpr const char* rebuild = "make -C /etc/mail && systemctl restart sendmail";
constexpr const char* include_snippet =
    "sendmail.mc, in front of the MAILER lines: include(`/etc/mail/m4/smtpapi.m4')dnl";
constexpr long long shortest_wait = 30;  ///< seconds; 10 are Sendmail's own

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string option(const SendmailConfig& config, const std::string& name) {
  const auto found = config.options.find(name);
  return found == config.options.end() ? "" : found->second;
}

/// The name of the filter that is smtpapi-milter; "" none.
std::string our_filter(const SendmailConfig& config, const Settings& settings) {
  const auto ours = libmilter_address(settings.milter_socket);
  for (const auto& [name, equates] : config.filters) {
    const auto socket = equates.find("S");
    if (socket == equates.end()) continue;
    const auto address = libmilter_address(socket->second);
    if (ours && address && is_same_place(*ours, *address)) return name;
  }
  return "";
}

/// Seconds of the "R:" in "C:30s;S:30s;R:2m;E:5m"; nothing when it is not there.
std::optional<long long> read_wait(std::string_view times) {
  for (std::string_view piece : split(times, ';')) {
    piece = trim(piece);
    if (!piece.starts_with("R:")) continue;
    piece.remove_prefix(2);
    long long unit = 60;  // Sendmail takes minutes where nothing is said
    if (!piece.empty() && (piece.back() == 's' || piece.back() == 'm' || piece.back() == 'h')) {
      unit = piece.back() == 's' ? 1 : piece.back() == 'm' ? 60 : 3600;
      piece.remove_suffix(1);
    }
    if (const auto number = to_integer(piece)) return *number * unit;
  }
  return std::nullopt;
}

void check_filter(const SendmailConfig& config, const std::string& name, Findings& findings) {
  const auto& equates = config.filters.at(name);
  const auto flag = equates.find("F");
  if (flag == equates.end() || (flag->second != "T" && flag->second != "4"))
    findings.fail(check, fmt::format("filter {} has no F=T", name),
                  "whenever the milter is down the header goes out (SM-2)",
                  {"sendmail.mc: F=T in its INPUT_MAIL_FILTER line", rebuild});
  const auto times = equates.find("T");
  const auto wait = times == equates.end() ? std::nullopt : read_wait(times->second);
  if (times == equates.end() || wait.value_or(0) < shortest_wait)
    findings.warn(check,
                  times == equates.end()
                      ? fmt::format("filter {} has no T=", name)
                      : fmt::format("filter {} has {} s to answer", name, wait.value_or(10)),
                  "a disk at work takes longer, and then mail is put off (SM-3)",
                  {"sendmail.mc: T=C:30s;S:30s;R:2m;E:5m in its INPUT_MAIL_FILTER line", rebuild});
  findings.ok(check, fmt::format("filter {} is smtpapi-milter", name));
}

bool is_at(const SendmailDaemon& daemon, const Endpoint& server) {
  return daemon.port == server.port &&
         (daemon.address.empty() || daemon.address == "0.0.0.0" || daemon.address == server.host ||
          (is_loopback(daemon.address) && is_loopback(server.host)));
}

/// The daemon at `server`, inject.server or one of inject.pools.
const SendmailDaemon* daemon_at(const SendmailConfig& config, const std::string& server) {
  const auto endpoint = parse_endpoint(server);
  if (!endpoint) return nullptr;
  for (const SendmailDaemon& daemon : config.daemons)
    if (is_at(daemon, *endpoint)) return &daemon;
  return nullptr;
}

std::vector<std::string> servers_of(const Settings& settings) {
  std::vector<std::string> servers = {settings.inject_server};
  for (const auto& [pool, server] : settings.inject_pools) servers.push_back(server);
  return servers;
}

/// Those that take mail in: all that are not for the copies.
std::vector<SendmailDaemon> daemons_in(const SendmailConfig& config, const Settings& settings) {
  std::vector<SendmailDaemon> out;
  for (const SendmailDaemon& daemon : config.daemons) {
    const auto servers = servers_of(settings);
    if (std::none_of(servers.begin(), servers.end(), [&](const std::string& server) {
          return daemon_at(config, server) == &daemon;
        }))
      out.push_back(daemon);
  }
  if (config.daemons.empty()) out.emplace_back();  // Sendmail's own choice
  return out;
}

void check_ways_in(const SendmailConfig& config, const Settings& settings, const std::string& name,
                   Findings& findings) {
  bool any = false;
  for (const SendmailDaemon& daemon : daemons_in(config, settings)) {
    const auto filters = filters_of(config, daemon);
    const auto ours = std::find(filters.begin(), filters.end(), name);
    if (ours == filters.end()) continue;
    any = true;
    if (ours != filters.begin())
      findings.warn(
          way_in,
          fmt::format("daemon {}: filter {} comes before {}",
                      daemon.name.empty() ? daemon.port : daemon.name, filters.front(), name),
          "it sees the message before it is rewritten: a signature of it breaks (RW-10)",
          {fmt::format("sendmail.mc: {} first", name), rebuild});
  }
  if (any)
    findings.ok(way_in, fmt::format("mail comes through filter {}", name));
  else
    findings.fail(way_in, fmt::format("no daemon that takes mail in has filter {}", name),
                  "the header is not obeyed and goes out to the recipients (SM-6)",
                  {"sendmail.mc: INPUT_MAIL_FILTER in place of MAIL_FILTER, or " + name +
                       " in InputMailFilters= of a DAEMON_OPTIONS line",
                   rebuild});
}

void check_injection(const Facts& facts, const SendmailConfig& config, const std::string& server,
                     const std::string& name, Findings& findings) {
  const SendmailDaemon* daemon = daemon_at(config, server);
  const auto listener = facts.listeners.find(server);
  const bool greets = listener == facts.listeners.end() || listener->second.greets;
  if (!daemon) {
    const std::string state =
        greets ? "there is no daemon of Sendmail's for it" : "no daemon for it, and nobody answers";
    const auto at = [&]() -> std::string {
      const auto endpoint = parse_endpoint(server);
      if (!endpoint || endpoint->port.empty()) return "Addr=127.0.0.1, Port=10026";
      return fmt::format("Addr={}, Port={}", endpoint->host, endpoint->port);
    }();
    const std::string line = fmt::format(
        "sendmail.mc: DAEMON_OPTIONS(`Name=SmtpapiIn, Family=inet, {}, M=EAS, "
        "InputMailFilters=')dnl",
        at);
    const std::string found = fmt::format("{}: {}", server, state);
    if (greets)
      findings.warn(injection, found, "what takes the copies there cannot be looked at",
                    {line, rebuild});
    else
      findings.fail(injection, found, "copies cannot leave; they wait in the store",
                    {line, rebuild});
    return;
  }
  if (!greets)
    findings.fail(injection, fmt::format("{}: {}", server, listener->second.error),
                  "copies cannot leave; they wait in the store", {rebuild});
  const auto filters = filters_of(config, *daemon);
  if (contains(filters, name))
    findings.fail(injection, fmt::format("daemon {} has filter {}", daemon->name, name),
                  "copies would be looked at once more, and account settings obeyed twice",
                  {fmt::format("sendmail.mc: InputMailFilters= without {} in its DAEMON_OPTIONS "
                               "line; with nothing behind it there is no filter",
                               name),
                   rebuild});
  if (!is_loopback(daemon->address))
    findings.warn(injection, fmt::format("daemon {} is open to other machines", daemon->name),
                  "it passes every filter by (TR-7)",
                  {"sendmail.mc: Addr=127.0.0.1 in its DAEMON_OPTIONS line", rebuild});
  for (const SendmailDaemon& other : daemons_in(config, facts.settings)) {
    for (const std::string& filter : filters_of(config, other)) {
      if (filter.find("dkim") == filter.npos || contains(filters, filter)) continue;
      findings.warn(
          injection, fmt::format("daemon {} has no filter {}", daemon->name, filter),
          "copies go out without a signature (RW-10)",
          {fmt::format("sendmail.mc: InputMailFilters={} in its DAEMON_OPTIONS line", filter),
           rebuild});
      return;
    }
  }
  findings.ok(injection, fmt::format("daemon {} takes the copies", daemon->name));
}

void check_sizes(const SendmailConfig& config, Findings& findings) {
  const long long length = to_integer(option(config, "MaxHeadersLength")).value_or(32768);
  if (length > 0 && length < 1 << 20)
    findings.warn(check,
                  fmt::format("MaxHeadersLength {}", grouped(static_cast<std::size_t>(length))),
                  "messages with longer headers are answered 552 (KEY-2)",
                  {"sendmail.mc: define(`confMAX_HEADERS_LENGTH', `2097152')dnl", rebuild});
}

void check_log_level(const SendmailConfig& config, Findings& findings) {
  const long long level = to_integer(option(config, "LogLevel")).value_or(9);
  if (level < 9)
    findings.warn(check, fmt::format("LogLevel {}", level),
                  "deliveries are not in the log, so they make no events (DS-3)",
                  {"sendmail.mc: define(`confLOG_LEVEL', `9')dnl", rebuild});
}

void check_socket_folder(const Facts& facts, const SendmailConfig& config, Findings& findings) {
  if (facts.sendmail_unsafe_folder.empty() ||
      option(config, "DontBlameSendmail").find("DirPathSafe") != std::string::npos)
    return;
  findings.fail(
      "milter socket",
      fmt::format("{} may be written by its group or by all", facts.sendmail_unsafe_folder),
      "Sendmail does not use a socket below it: \"unsafe\" (SM-4)",
      {"chmod go-w " + shell_word(facts.sendmail_unsafe_folder)});
}

void check_bounces(const Facts& facts, const SendmailConfig& config, Findings& findings) {
  const std::string& address = facts.settings.inject_return_path;
  const std::string domain = address.substr(address.rfind('@') + 1);
  if (address.empty()) return;
  const bool is_routed = config.rules.find("$#smtpapi-bounce") != std::string::npos &&
                         config.rules.find(domain) != std::string::npos;
  if (is_routed)
    findings.ok("return path", fmt::format("mail to {} goes to smtpapi-bounce", domain));
  else
    findings.warn("return path", fmt::format("mail to {} does not go to smtpapi-bounce", domain),
                  "bounces become neither events nor suppressions",
                  {fmt::format("sendmail.mc, in front of the include line: "
                               "define(`SMTPAPI_BOUNCE_DOMAIN', `{}')dnl",
                               domain),
                   rebuild});
}

}  // namespace

void check_sendmail(const Facts& facts, Findings& findings) {
  const SendmailConfig config = parse_sendmail_config(*facts.sendmail);
  const std::string name = our_filter(config, facts.settings);
  if (name.empty()) {
    findings.fail(
        check,
        fmt::format("{} has no filter at {}", facts.sendmail_file, facts.settings.milter_socket),
        "the header is not obeyed and goes out to the recipients",
        {include_snippet,
         fmt::format("S={} in its INPUT_MAIL_FILTER line", facts.settings.milter_socket), rebuild});
  } else {
    check_filter(config, name, findings);
    check_ways_in(config, facts.settings, name, findings);
    for (const std::string& server : servers_of(facts.settings))
      check_injection(facts, config, server, name, findings);
  }
  check_sizes(config, findings);
  check_log_level(config, findings);
  check_socket_folder(facts, config, findings);
  check_bounces(facts, config, findings);

  const auto ours = libmilter_address(facts.settings.milter_socket);
  const auto socket = facts.sockets.find(ours ? text(*ours) : "");
  if (socket != facts.sockets.end() && !socket->second.answers)
    findings.fail(
        "milter socket",
        fmt::format("{}: {}", facts.settings.milter_socket,
                    socket->second.is_there ? socket->second.error : "there is no such socket"),
        "smtpapi-milter does not run there: mail is put off", {"systemctl start smtpapi-milter"});
  findings.ok(check, "not checked: rule sets, the access map");
}

}  // namespace smtpapi::ctl
