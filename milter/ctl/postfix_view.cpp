#include "milter/ctl/postfix_view.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/text.h"
#include "milter/ctl/findings.h"
#include "net/endpoint.h"

namespace smtpapi::ctl {
namespace {

/// Whether a list of words, parted by commas and blanks, has this one.
bool lists(std::string_view list, std::string_view word) {
  std::string text(list);
  std::replace(text.begin(), text.end(), ',', ' ');
  const auto all = words(text);
  return std::find(all.begin(), all.end(), word) != all.end();
}

/// "smtp" -> "25"; a number as it is.
std::string port_number(const std::string& port) {
  if (to_integer(port)) return port;
  const servent* const entry = getservbyname(port.c_str(), "tcp");
  return entry ? std::to_string(ntohs(static_cast<std::uint16_t>(entry->s_port))) : port;
}

/// An inet service's name: "10026", "127.0.0.1:10026", "[::1]:smtp".
MilterAddress inet_address(const std::string& name) {
  MilterAddress address;
  const auto colon = name.rfind(':');
  if (colon != std::string::npos) {
    address.host = name.substr(0, colon);
    if (address.host.starts_with('[') && address.host.ends_with(']'))
      address.host = address.host.substr(1, address.host.size() - 2);
  }
  address.port = port_number(colon == std::string::npos ? name : name.substr(colon + 1));
  return address;
}

/// "FILTER smtpapi:all" -> "smtpapi:all"
std::string_view filter_target(std::string_view action) {
  const auto parts = words(action);
  return parts.size() >= 2 && equals_ignoring_case(parts[0], "FILTER") ? parts[1]
                                                                       : std::string_view();
}

}  // namespace

std::vector<std::string> header_tables(const PostfixConfig& config, const PostfixService& cleanup) {
  return parse_tables(config.get(cleanup, "header_checks"));
}

PostfixView::PostfixView(const Facts& facts) : config(*facts.postfix) {
  for (const PostfixService& service : config.services) {
    if (service.program == "smtpd") smtpds.push_back(&service);
    if (service.program == "pipe" && service.arguments.find("smtpapi-intake") != std::string::npos)
      pipes.push_back(&service);
  }
  const auto add_listener = [&](const std::string& server) {
    const PostfixService* found = listener(server);
    if (found && !is_listener(found)) listeners.push_back(found);
  };
  add_listener(facts.settings.inject_server);
  for (const auto& [name, server] : facts.settings.inject_pools) add_listener(server);
  find_milters(facts);
  find_pipe_uses(facts);
}

void PostfixView::find_milters(const Facts& facts) {
  const auto ours = libmilter_address(facts.settings.milter_socket);
  const std::string_view queue = config.get("queue_directory");
  const auto add = [&](const PostfixService& service, bool is_non_smtpd) {
    bool has_signer = false;
    for (PostfixMilter& milter :
         parse_milters(config.get(service, is_non_smtpd ? "non_smtpd_milters" : "smtpd_milters"))) {
      MilterUse use;
      use.service = &service;
      use.is_non_smtpd = is_non_smtpd;
      use.address = postfix_milter_address(milter.endpoint, service.is_chrooted, queue);
      use.is_ours = ours && use.address && is_same_place(*ours, *use.address);
      use.is_behind_signer = has_signer;
      use.milter = std::move(milter);
      has_signer |= use.is_signer();
      milters.push_back(std::move(use));
    }
  };
  for (const PostfixService* service : smtpds)
    if (!lists(config.get(*service, "receive_override_options"), "no_milters"))
      add(*service, false);
  if (const PostfixService* pickup = config.find("pickup", "unix")) {
    if (const PostfixService* cleanup = config.cleanup_of(*pickup)) add(*cleanup, true);
  }
}

void PostfixView::find_pipe_uses(const Facts& facts) {
  const auto add = [&](const PostfixService* service, std::string_view target,
                       const std::string& table) {
    const auto colon = target.find(':');
    const std::string_view transport = target.substr(0, colon);
    const auto pipe = std::find_if(pipes.begin(), pipes.end(),
                                   [&](const PostfixService* p) { return p->name == transport; });
    if (target.empty() || pipe == pipes.end()) return;
    std::string next_hop(colon == std::string_view::npos ? "" : target.substr(colon + 1));
    if (next_hop.empty()) next_hop = config.get("default_filter_nexthop");
    pipe_uses.push_back({service, *pipe, std::move(next_hop), table});
  };
  for (const PostfixService* service : smtpds) {
    add(service, config.get(*service, "content_filter"), "");
    const PostfixService* cleanup = config.cleanup_of(*service);
    if (!cleanup) continue;
    for (const std::string& table : header_tables(config, *cleanup)) {
      const auto action = facts.header_actions.find(table);
      if (action != facts.header_actions.end()) add(service, filter_target(action->second), table);
    }
  }
}

const PostfixService* PostfixView::listener(std::string_view server) const {
  const auto endpoint = parse_endpoint(server);
  if (!endpoint) return nullptr;
  for (const PostfixService* service : smtpds) {
    if (endpoint->path.empty()) {
      if (service->type != "inet" && service->type != "pass") continue;
      const MilterAddress wanted{"", endpoint->host, port_number(endpoint->port)};
      const MilterAddress bound = inet_address(service->name);
      // Which other addresses are this machine's is not known here.
      const bool may_be_here = !bound.host.empty() || is_loopback(wanted.host);
      if (may_be_here && is_same_place(bound, wanted)) return service;
    } else if (service->type == "unix") {
      const std::string path =
          fmt::format("{}/{}/{}", config.get("queue_directory"),
                      service->is_private ? "private" : "public", service->name);
      if (path == endpoint->path) return service;
    }
  }
  return nullptr;
}

bool PostfixView::is_listener(const PostfixService* service) const {
  return std::find(listeners.begin(), listeners.end(), service) != listeners.end();
}

bool PostfixView::has_our_milter(const PostfixService* service) const {
  return std::any_of(milters.begin(), milters.end(),
                     [&](const MilterUse& use) { return use.service == service && use.is_ours; });
}

bool PostfixView::has_any_milter(const PostfixService* service) const {
  return std::any_of(milters.begin(), milters.end(),
                     [&](const MilterUse& use) { return use.service == service; });
}

bool PostfixView::leads_to_pipe(const PostfixService* service) const {
  return std::any_of(pipe_uses.begin(), pipe_uses.end(),
                     [&](const PipeUse& use) { return use.service == service; });
}

bool PostfixView::is_exposed(const PostfixService& service) const {
  if (service.type != "inet") return false;
  const std::string host = inet_address(service.name).host;
  if (!host.empty()) return !is_loopback(host);
  const std::string_view interfaces = config.get("inet_interfaces");
  return interfaces != "loopback-only" && !is_loopback(interfaces);
}

std::string PostfixView::login_socket(const PostfixService& service) const {
  const std::string_view path = config.get(service, "smtpd_sasl_path");
  if (path.empty() || path.starts_with("inet:")) return {};
  const std::string_view queue = config.get("queue_directory");
  if (path.starts_with('/') && !service.is_chrooted) return std::string(path);
  return fmt::format("{}/{}", queue, path.starts_with('/') ? path.substr(1) : path);
}

std::string PostfixView::postconf(std::string_view option, std::string_view argument) const {
  const bool is_usual = config.folder.empty() || config.folder == "/etc/postfix";
  return fmt::format("postconf {}{} {}", is_usual ? "" : "-c " + shell_word(config.folder) + " ",
                     option, shell_word(argument));
}

std::string PostfixView::set_for(const PostfixService& service, std::string_view parameter,
                                 std::string_view value) const {
  // postconf -P takes no blanks in a value.
  if (value.find(' ') != std::string_view::npos)
    return fmt::format("in master.cf, {}: -o {{ {} = {} }}", service.key(), parameter, value);
  return postconf("-P", fmt::format("{}/{}={}", service.key(), parameter, value));
}

std::string PostfixView::set_where_set(const PostfixService& service, std::string_view parameter,
                                       std::string_view value) const {
  return service.overrides.contains(parameter) ? set_for(service, parameter, value)
                                               : set(parameter, value);
}

std::string PostfixView::set(std::string_view parameter, std::string_view value) const {
  return postconf("-e", fmt::format("{} = {}", parameter, value));
}

}  // namespace smtpapi::ctl
