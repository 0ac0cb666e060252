// Checks of the way back: mail to the domain of inject.return-path belongs to smtpapi-bounce.
#include <algorithm>

#include "base/text.h"
#include "milter/ctl/bounce_service.h"
#include "milter/ctl/checks.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view check = "return path";
constexpr std::string_view lost = "bounces are lost: no events, and nobody gets onto the lists";

const PostfixService* find_service(const PostfixConfig& config, std::string_view transport) {
  return config.find(transport.substr(0, transport.find(':')), "unix");
}

const PostfixService* any_bounce_service(const PostfixConfig& config) {
  const auto found =
      std::find_if(config.services.begin(), config.services.end(), is_bounce_service);
  return found == config.services.end() ? nullptr : &*found;
}

/// The list of a parameter with one more entry in front.
std::string with_entry(const PostfixView& postfix, std::string_view parameter, std::string entry) {
  const std::string_view old = postfix.config.get(parameter);
  return postfix.set(parameter, old.empty() ? entry : fmt::format("{}, {}", entry, old));
}

std::vector<std::string> route(const Facts& facts, const PostfixView& postfix) {
  const PostfixService* const service = any_bounce_service(postfix.config);
  const std::string name = service ? service->name : std::string(bounce_service);
  std::vector<std::string> commands;
  if (!service)
    commands.push_back(postfix.postconf(
        "-M", fmt::format("{}/unix={}", name, bounce_service_line(facts.settings.user))));
  commands.push_back(
      with_entry(postfix, "transport_maps", bounce_route(facts.return_path->domain, name)));
  commands.push_back("postfix reload");
  return commands;
}

void check_service(const Facts& facts, const PostfixView& postfix, const PostfixService& service,
                   Findings& findings) {
  const std::string user = pipe_user(service);
  if (!facts.settings.user.empty() && user != facts.settings.user)
    findings.fail(check,
                  fmt::format("{}: runs as {}, daemon.user is {}", service.key(),
                              user.empty() ? "nobody" : user, facts.settings.user),
                  "it may not write the store: bounces are put off until they are given up",
                  {fmt::format("in master.cf, {}: user={}", service.key(), facts.settings.user)});
  if (service.arguments.find("recipient}") == std::string::npos &&
      service.arguments.find("$recipient") == std::string::npos)
    findings.fail(check, fmt::format("{}: argv has no ${{recipient}}", service.key()),
                  "the address names the copy that bounced",
                  {fmt::format("in master.cf, {}: argv=... -- ${{recipient}}", service.key())});
  const std::string limit = service.name + "_destination_recipient_limit";
  if (postfix.config.get(limit) != "1")
    findings.warn(check, limit + " is not 1",
                  "a report to several addresses is tried again for all when one fails",
                  {postfix.set(limit, "1")});
}

}  // namespace

void check_return_path(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  if (!facts.return_path) return;
  const ReturnPathFacts& way = *facts.return_path;
  if (!way.error.empty())
    return findings.warn(check, way.error, "where mail to " + way.domain + " goes is not known",
                         {"correct the table"});
  const std::size_t failures = findings.count(Health::failure);
  if (way.list.empty())
    findings.fail(check, fmt::format("{} is in no list of domains", way.domain),
                  "other hosts are told \"relay access denied\": " + std::string(lost),
                  {with_entry(postfix, "relay_domains", way.domain), "postfix reload"});
  else if (way.list == "mydestination" && !postfix.config.get("local_recipient_maps").empty())
    findings.fail(check, way.domain + " is in mydestination",
                  "addresses that are no users here are refused: " + std::string(lost),
                  {"take it out of mydestination", with_entry(postfix, "relay_domains", way.domain),
                   "postfix reload"});
  const PostfixService* const service = find_service(postfix.config, way.transport);
  if (!service || !is_bounce_service(*service)) {
    findings.fail(check,
                  fmt::format("mail to {} goes to {}, which is not smtpapi-bounce", way.domain,
                              way.transport.empty() ? "no transport" : way.transport),
                  std::string(lost), route(facts, postfix));
  } else {
    check_service(facts, postfix, *service, findings);
    const auto runs = facts.programs.find(pipe_program(*service));
    if (runs != facts.programs.end() && !runs->second)
      findings.fail(check, fmt::format("{}: {} cannot be run", service->key(), runs->first),
                    "bounces are put off until they are given up",
                    {"correct the path in argv of master.cf"});
  }
  if (findings.count(Health::failure) == failures)
    findings.ok(check, fmt::format("{} leads to smtpapi-bounce", way.domain));
}

}  // namespace smtpapi::ctl
