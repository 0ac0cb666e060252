#include "milter/ctl/postfix_config.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"

namespace smtpapi::ctl {
namespace {

/// "name = value" at the first " =".
std::optional<std::pair<std::string, std::string>> cut_setting(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(trim(line.substr(0, equals))),
                   std::string(trim(line.substr(equals + 1))));
}

/// Takes the next word off the front.
std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  const auto end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

std::optional<PostfixService> parse_service(std::string_view line, bool chroot_by_default) {
  PostfixService service;
  service.name = take_word(line);
  service.type = take_word(line);
  service.is_private = take_word(line) != "n";
  take_word(line);  // unprivileged
  const std::string_view chroot = take_word(line);
  service.is_chrooted = chroot == "y" || (chroot == "-" && chroot_by_default);
  take_word(line);  // wake-up time
  service.process_limit = take_word(line);
  service.program = take_word(line);
  service.arguments = trim(line);
  if (service.program.empty()) return std::nullopt;
  return service;
}

bool is_separator(char c) { return c == ',' || is_space(c); }

/// The entries of a list, what stands in braces being one.
std::vector<std::string> cut_list(std::string_view value) {
  std::vector<std::string> entries;
  std::string entry;
  int depth = 0;
  for (const char c : value) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (depth <= 0 && is_separator(c)) {
      if (!entry.empty()) entries.push_back(std::move(entry));
      entry.clear();
    } else {
      entry += c;
    }
  }
  if (!entry.empty()) entries.push_back(std::move(entry));
  return entries;
}

/// "a = b" as "a=b".
std::string without_blanks_at_equals(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=') {
      while (!out.empty() && is_space(out.back())) out.pop_back();
      out += '=';
      while (i + 1 < text.size() && is_space(text[i + 1])) ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return std::string(host);
}

/// The part behind "unix:" or "local:".
std::optional<std::string_view> unix_path(std::string_view text) {
  for (const std::string_view scheme : {"unix:", "local:"})
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  return std::nullopt;
}

std::string normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

}  // namespace

std::string_view PostfixConfig::get(std::string_view parameter) const {
  const auto found = parameters.find(parameter);
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view PostfixConfig::get(const PostfixService& service,
                                    std::string_view parameter) const {
  const auto found = service.overrides.find(parameter);
  return found == service.overrides.end() ? get(parameter) : std::string_view(found->second);
}

const PostfixService* PostfixConfig::find(std::string_view name, std::string_view type) const {
  const auto found = std::find_if(services.begin(), services.end(), [&](const PostfixService& s) {
    return s.name == name && s.type == type;
  });
  return found == services.end() ? nullptr : &*found;
}

const PostfixService* PostfixConfig::cleanup_of(const PostfixService& service) const {
  return find(get(service, "cleanup_service_name"), "unix");
}

PostfixConfig parse_postfix_config(std::string_view parameters, std::string_view services,
                                   std::string_view overrides) {
  PostfixConfig config;
  for (const std::string_view line : split(parameters, '\n'))
    if (auto setting = cut_setting(line)) config.parameters.insert(*std::move(setting));

  // master(5): "-" means n, but y for a Postfix that keeps its manners of before 3.0.
  const std::string_view level = config.get("compatibility_level");
  const bool chroot_by_default = level.empty() || level == "0";
  for (const std::string_view line : split(services, '\n'))
    if (auto service = parse_service(line, chroot_by_default))
      config.services.push_back(*std::move(service));

  for (const std::string_view line : split(overrides, '\n')) {
    const auto setting = cut_setting(line);
    if (!setting) continue;
    const auto words = split(setting->first, '/');
    if (words.size() != 3) continue;
    for (PostfixService& service : config.services)
      if (service.name == words[0] && service.type == words[1])
        service.overrides[std::string(words[2])] = setting->second;
  }
  return config;
}

std::vector<PostfixMilter> parse_milters(std::string_view value) {
  std::vector<PostfixMilter> milters;
  for (const std::string& entry : cut_list(value)) {
    PostfixMilter milter;
    if (!entry.starts_with('{')) {
      milter.endpoint = milter.text = entry;
    } else {
      const auto inside =
          std::string_view(entry).substr(1, entry.size() - 1 - entry.ends_with('}'));
      const std::vector<std::string> words = cut_list(without_blanks_at_equals(inside));
      if (words.empty()) continue;
      milter.endpoint = words.front();
      for (const std::string& word : words) {
        milter.text += (milter.text.empty() ? "{" : ",") + word;
        if (auto attribute = cut_setting(word)) milter.attributes.insert(*std::move(attribute));
      }
      milter.text += '}';
    }
    milters.push_back(std::move(milter));
  }
  return milters;
}

std::vector<std::string> parse_list(std::string_view value) { return cut_list(value); }

std::vector<std::string> parse_tables(std::string_view value) {
  std::vector<std::string> tables;
  for (std::string& entry : cut_list(value))
    if (entry.find(':') != std::string::npos) tables.push_back(std::move(entry));
  return tables;
}

std::optional<MilterAddress> postfix_milter_address(std::string_view endpoint, bool is_chrooted,
                                                    std::string_view queue_directory) {
  MilterAddress address;
  if (const auto path = unix_path(endpoint)) {
    if (path->empty()) return std::nullopt;
    address.path = *path;
    if (is_chrooted || path->front() != '/')
      address.path = std::string(queue_directory) + "/" + address.path;
    address.path = normal(address.path);
    return address;
  }
  constexpr std::string_view scheme = "inet:";
  if (!endpoint.starts_with(scheme)) return std::nullopt;
  endpoint.remove_prefix(scheme.size());
  const auto colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) {
    address.port = endpoint;  // "inet:PORT": this host
  } else {
    address.host = without_brackets(endpoint.substr(0, colon));
    address.port = endpoint.substr(colon + 1);
  }
  if (address.port.empty()) return std::nullopt;
  return address;
}

std::optional<MilterAddress> libmilter_address(std::string_view socket) {
  MilterAddress address;
  const auto path = unix_path(socket);
  if (path || socket.starts_with('/')) {
    address.path = normal(std::string(path.value_or(socket)));
    return address.path.empty() ? std::nullopt : std::optional(address);
  }
  for (const std::string_view scheme : {"inet:", "inet6:"}) {
    if (!socket.starts_with(scheme)) continue;
    const std::string_view rest = socket.substr(scheme.size());
    const auto at = rest.find('@');
    address.port = rest.substr(0, at);
    if (at != std::string_view::npos) address.host = without_brackets(rest.substr(at + 1));
    return address;
  }
  return std::nullopt;
}

std::string as_postfix_writes(const MilterAddress& address, bool is_chrooted,
                              std::string_view queue_directory) {
  if (!address.is_unix()) {
    const std::string host = address.host.empty() ? "127.0.0.1" : address.host;
    const bool is_v6 = host.find(':') != std::string::npos;
    return "inet:" + (is_v6 ? "[" + host + "]" : host) + ":" + address.port;
  }
  if (!is_chrooted) return "unix:" + address.path;
  const std::string root = std::string(queue_directory) + "/";
  if (!address.path.starts_with(root)) return {};
  return "unix:" + address.path.substr(root.size() - 1);
}

bool is_same_place(const MilterAddress& a, const MilterAddress& b) {
  if (a.is_unix() || b.is_unix()) return a.path == b.path;
  const auto is_any = [](std::string_view host) {
    return host.empty() || host == "0.0.0.0" || host == "::";
  };
  return a.port == b.port && (is_any(a.host) || is_any(b.host) || a.host == b.host ||
                              (is_loopback(a.host) && is_loopback(b.host)));
}

std::string text(const MilterAddress& address) {
  if (address.is_unix()) return "unix:" + address.path;
  return "inet:" + address.port + "@" + (address.host.empty() ? "localhost" : address.host);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace smtpapi::ctl
