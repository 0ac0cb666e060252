// Checks of the listeners to which smtpapi-queue hands the copies, and of sizes on the whole way.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/output.h"
#include "net/endpoint.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view injection = "injection";

/// inject.server, or one of inject.pools.
struct Server {
  std::string option;  ///< "inject.server", "inject.pools a"
  std::string address;
};

std::vector<Server> servers(const Settings& settings) {
  std::vector<Server> out = {{"inject.server", settings.inject_server}};
  for (const auto& [name, address] : settings.inject_pools)
    out.push_back({"inject.pools " + name, address});
  return out;
}

void check_answer(const Facts& facts, const Server& server, const PostfixService* service,
                  const PostfixView& postfix, Findings& findings) {
  const auto found = facts.listeners.find(server.address);
  if (found == facts.listeners.end()) return;
  const ListenerFacts& listener = found->second;
  const std::string name = fmt::format("{} {}", server.option, server.address);
  if (!listener.greets && !service)
    return findings.fail(
        injection, fmt::format("{}: {}, and master.cf has no such smtpd", name, listener.error),
        "copies cannot leave; they wait in the store",
        {"add the listener of etc/postfix/master.cf to master.cf, then: postfix reload"});
  if (!listener.greets)
    return findings.fail(injection,
                         fmt::format("{} ({}): {}", name, service->key(), listener.error),
                         "copies cannot leave; they wait in the store",
                         {"postfix start, or after a change of master.cf: postfix reload"});
  if (!service) {
    findings.warn(injection, name + " answers, but is no smtpd of this Postfix",
                  "its configuration cannot be checked here",
                  {"run doctor with that Postfix's --postfix-config"});
  } else {
    findings.ok(injection, fmt::format("{} ({}) answers", name, service->key()));
  }
  if (service && !(listener.features.xforward_ident && listener.features.xforward_addr))
    findings.warn(injection, name + " offers us no XFORWARD",
                  "the log does not tie copies to the message they come from (RI-7)",
                  {postfix.set_for(*service, "smtpd_authorized_xforward_hosts", "127.0.0.0/8")});
}

/// RI-11: what is injected must not come back to us.
void check_loop(const PostfixService& service, const PostfixView& postfix, Findings& findings) {
  constexpr std::string_view loop = "copies go round in circles (RI-11)";
  std::string others;
  for (const MilterUse& use : postfix.milters) {
    if (use.service != &service || use.is_ours) continue;
    others += (others.empty() ? "" : ",") + use.milter.text;
  }
  if (postfix.has_our_milter(&service))
    findings.fail(injection, service.key() + " passes smtpapi-milter again", std::string(loop),
                  {postfix.set_for(service, "smtpd_milters", others)});
  for (const PipeUse& use : postfix.pipe_uses) {
    if (use.service != &service) continue;
    if (use.table.empty())
      findings.fail(injection, service.key() + " has content_filter " + use.pipe->name,
                    std::string(loop), {postfix.set_for(service, "content_filter", "")});
    else
      findings.fail(
          injection,
          fmt::format("{}: header_checks {} sends to {}", service.key(), use.table, use.pipe->name),
          std::string(loop),
          {"give it a cleanup service of its own: see cleanup-smtpapi in "
           "etc/postfix/master.cf"});
  }
}

void check_safety(const Facts& facts, const PostfixService& service, const PostfixView& postfix,
                  Findings& findings) {
  if (postfix.is_exposed(service))
    findings.warn(
        injection, service.key() + " listens on more than the loopback interface",
        "it goes past all filters: whoever reaches it is trusted (TR-7)",
        {postfix.postconf("-F", fmt::format("{}/service=127.0.0.1:{}", service.key(),
                                            service.name.substr(service.name.rfind(':') + 1)))});

  if (!postfix.config.get(service, "local_header_rewrite_clients").empty())
    findings.warn(injection, service.key() + " rewrites addresses in header fields",
                  "signatures made before break (RW-6)",
                  {postfix.set_for(service, "local_header_rewrite_clients", "")});

  const std::string_view limit = service.process_limit == "-"
                                     ? postfix.config.get("default_process_limit")
                                     : std::string_view(service.process_limit);
  const auto processes = to_integer(limit);
  if (processes && *processes > 0 &&
      static_cast<std::size_t>(*processes) < facts.settings.inject_concurrency)
    findings.warn(injection,
                  fmt::format("{} takes {} sessions, inject.concurrency is {}", service.key(),
                              *processes, facts.settings.inject_concurrency),
                  "sessions wait for each other",
                  {postfix.postconf("-F", fmt::format("{}/process_limit={}", service.key(),
                                                      facts.settings.inject_concurrency + 4))});
}

/// PF-18: one cleanup(8) for a way in by milter and for the copies cuts fields of the copies.
void check_cleanup(const PostfixService& service, const PostfixView& postfix, Findings& findings) {
  const PostfixService* cleanup = postfix.config.cleanup_of(service);
  if (!cleanup)
    return findings.fail(injection,
                         fmt::format("{}: there is no cleanup service {}", service.key(),
                                     postfix.config.get(service, "cleanup_service_name")),
                         "nothing can be injected",
                         {"add it to master.cf: see cleanup-smtpapi in etc/postfix/master.cf"});
  const auto shared =
      std::find_if(postfix.smtpds.begin(), postfix.smtpds.end(), [&](const PostfixService* other) {
        const bool is_way_in = postfix.has_any_milter(other) || postfix.leads_to_pipe(other) ||
                               cleanup->name == postfix.config.get("cleanup_service_name");
        return is_way_in && !postfix.is_listener(other) &&
               postfix.config.cleanup_of(*other) == cleanup;
      });
  if (shared == postfix.smtpds.end()) return;
  findings.warn(injection,
                fmt::format("{} shares the cleanup service {} with {}", service.key(),
                            cleanup->name, (*shared)->key()),
                "copies meet header and body checks twice, and once a milter was asked long "
                "fields are cut (PF-18)",
                {"add cleanup-smtpapi of etc/postfix/master.cf to master.cf",
                 postfix.set_for(service, "cleanup_service_name", "cleanup-smtpapi")});
}

/// The smaller of what smtpd(8) and its cleanup(8) take.
struct SizeLimit {
  std::size_t octets = 0;  ///< 0: no limit
  const PostfixService* at = nullptr;
};

SizeLimit size_limit(const PostfixConfig& config, const PostfixService& service) {
  SizeLimit smallest{0, &service};
  for (const PostfixService* at : {&service, config.cleanup_of(service)}) {
    if (!at) continue;
    const auto limit =
        static_cast<std::size_t>(to_integer(config.get(*at, "message_size_limit")).value_or(0));
    if (limit > 0 && (smallest.octets == 0 || limit < smallest.octets)) smallest = {limit, at};
  }
  return smallest;
}

}  // namespace

void check_listeners(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  std::set<const PostfixService*> done;
  for (const Server& server : servers(facts.settings)) {
    const PostfixService* service = postfix.listener(server.address);
    check_answer(facts, server, service, postfix, findings);
    if (!service || !done.insert(service).second) continue;
    check_loop(*service, postfix, findings);
    check_safety(facts, *service, postfix, findings);
    check_cleanup(*service, postfix, findings);
  }
}

void check_sizes(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  constexpr std::string_view sizes = "sizes";
  const std::size_t ours = facts.settings.limits.message_bytes;
  std::map<std::array<std::string, 3>, std::string> services;  // found, why, fix -> names
  bool is_any = false;
  for (const PostfixService* service : postfix.smtpds) {
    const bool is_listener = postfix.is_listener(service);
    if (!is_listener && !postfix.has_our_milter(service) && !postfix.leads_to_pipe(service))
      continue;
    is_any = true;
    const SizeLimit limit = size_limit(postfix.config, *service);
    const bool is_good = is_listener ? limit.octets == 0 || limit.octets >= ours
                                     : limit.octets != 0 && limit.octets <= ours;
    if (is_good) continue;
    std::string& names = services[{
        limit.octets == 0 ? "none" : grouped(limit.octets),
        is_listener ? "copies that grew beyond are refused after their client was told 250"
                    : "Postfix takes messages that we then refuse",
        postfix.set_where_set(*limit.at, "message_size_limit", std::to_string(ours))}];
    names += (names.empty() ? "" : ", ") + service->key();
  }
  for (const auto& [finding, names] : services)
    findings.warn(sizes,
                  fmt::format("{}: message_size_limit {}, limits.message-bytes {}", names,
                              finding[0], grouped(ours)),
                  finding[1], {finding[2]});
  if (services.empty() && is_any)
    findings.ok(sizes, "limits.message-bytes fits message_size_limit");
}

}  // namespace smtpapi::ctl
