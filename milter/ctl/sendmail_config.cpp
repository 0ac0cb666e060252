#include "milter/ctl/sendmail_config.h"

#include <algorithm>

#include "base/text.h"

namespace smtpapi::ctl {
namespace {

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

std::string port_number(const std::string& port) {
  if (port == "smtp") return "25";
  if (port == "submission") return "587";
  if (port == "smtps" || port == "submissions") return "465";
  return port;
}

SendmailDaemon parse_daemon(std::string_view value) {
  SendmailDaemon daemon;
  for (const auto& [key, text] : parse_equates(value)) {
    if (text.empty() && key[0] != 'I') continue;
    switch (key[0]) {  // Sendmail looks at the first letter only
      case 'N':
        daemon.name = text;
        break;
      case 'A':
        daemon.address = text;
        break;
      case 'P':
        daemon.port = port_number(text);
        break;
      case 'I':
        daemon.filters = text;
        break;
    }
  }
  return daemon;
}

}  // namespace

SendmailConfig parse_sendmail_config(std::string_view text) {
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
      if (name == "DaemonPortOptions") config.daemons.push_back(parse_daemon(value));
      config.options[name] = value;
    } else if (line.starts_with('R')) {
      config.rules.append(line).append("\n");
    }
  }
  return config;
}

std::vector<std::string> filters_of(const SendmailConfig& config, const SendmailDaemon& daemon) {
  std::string list;
  if (daemon.filters) {
    list = *daemon.filters;
  } else if (const auto all = config.options.find("InputMailFilters");
             all != config.options.end()) {
    list = all->second;
  }
  std::replace_if(
      list.begin(), list.end(), [](char c) { return c == ',' || c == ';'; }, ' ');
  std::vector<std::string> names;
  for (const std::string_view name : words(list)) names.emplace_back(name);
  return names;
}

}  // namespace smtpapi::ctl
