// Checks of the way in by pipe(8): a service that runs smtpapi-intake.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "milter/ctl/checks.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view check = "pipe";

/// What stands before "argv=" in a pipe service, and what behind it.
struct PipeArguments {
  std::vector<std::pair<std::string, std::string>> attributes;  ///< "flags" -> "q"
  std::string argv;

  /// Null when it is not given.
  const std::string* find(std::string_view name) const {
    for (const auto& [key, value] : attributes)
      if (key == name) return &value;
    return nullptr;
  }
};

PipeArguments parse_pipe(std::string_view arguments) {
  PipeArguments out;
  std::string_view rest = trim(arguments);
  while (!rest.empty()) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    const std::string name(trim(rest.substr(0, equals)));
    rest.remove_prefix(equals + 1);
    if (name == "argv") {
      out.argv = trim(rest);
      break;
    }
    const auto end = std::min(rest.find_first_of(" \t"), rest.size());
    out.attributes.emplace_back(name, rest.substr(0, end));
    rest = trim(rest.substr(end));
  }
  return out;
}

/// The service's command with one attribute set.
std::string set_attribute(const PostfixView& postfix, const PostfixService& service,
                          std::string_view name, std::string_view value) {
  const PipeArguments old = parse_pipe(service.arguments);
  std::string command = "pipe";
  for (const auto& [key, text] : old.attributes)
    if (key != name) command += fmt::format(" {}={}", key, text);
  command += fmt::format(" {}={} argv={}", name, value, old.argv);
  return postfix.postconf("-F", fmt::format("{}/command={}", service.key(), command));
}

void check_attributes(const Facts& facts, const PostfixView& postfix, const PostfixService& service,
                      Findings& findings) {
  const PipeArguments pipe = parse_pipe(service.arguments);
  const std::string* flags = pipe.find("flags");
  const std::string given = flags ? *flags : "";
  const bool changes_message = given.find_first_of("BDFOR.>") != std::string::npos;
  if (changes_message || given.find('q') == std::string::npos)
    findings.fail(check, fmt::format("{}: flags={}", service.key(), given),
                  changes_message ? "Postfix changes the message before we see it; addresses with "
                                    "blanks need q"
                                  : "addresses with blanks or special characters come in wrong",
                  {set_attribute(postfix, service, "flags", "q")});

  const std::string* null_sender = pipe.find("null_sender");
  if (!null_sender || !null_sender->empty())
    findings.fail(check,
                  fmt::format("{}: the null sender comes in as {}", service.key(),
                              null_sender ? *null_sender : "MAILER-DAEMON"),
                  "bounces are taken for mail of somebody, who then gets notices (TR-6)",
                  {set_attribute(postfix, service, "null_sender", "")});

  const std::string* user = pipe.find("user");
  const std::string name = user ? user->substr(0, user->find(':')) : "";
  if (!facts.settings.user.empty() && name != facts.settings.user)
    findings.fail(check,
                  fmt::format("{}: runs as {}, daemon.user is {}", service.key(),
                              name.empty() ? "nobody" : name, facts.settings.user),
                  "it may not write the store: mail is put off",
                  {set_attribute(postfix, service, "user", facts.settings.user)});

  for (const std::string_view macro : {"${sender}", "${recipient}"}) {
    const std::string plain = fmt::format("${}", macro.substr(2, macro.size() - 3));
    const std::string round = fmt::format("$({})", macro.substr(2, macro.size() - 3));
    if (pipe.argv.find(macro) != std::string::npos || pipe.argv.find(plain) != std::string::npos ||
        pipe.argv.find(round) != std::string::npos)
      continue;
    findings.fail(check, fmt::format("{}: argv has no {}", service.key(), macro),
                  "the envelope gets lost", {"take the service as it is in etc/postfix/master.cf"});
  }
  for (const auto& [macro, option] :
       {std::pair{"client_address", "--client"}, std::pair{"sasl_username", "--login"}}) {
    if (pipe.argv.find(macro) != std::string::npos && pipe.argv.find(option) != std::string::npos)
      continue;
    findings.fail(check, fmt::format("{}: argv has no {} ${{{}}}", service.key(), option, macro),
                  std::string_view(option) == "--client"
                      ? "whoever does not log in is not known, and trust.networks says nothing"
                      : "logins are not seen: no trust, and no settings of their accounts",
                  {"take the service as it is in etc/postfix/master.cf"});
  }
  const std::string program(pipe.argv.substr(0, pipe.argv.find(' ')));
  const auto runs = facts.programs.find(program);
  if (runs != facts.programs.end() && !runs->second)
    findings.fail(check, fmt::format("{}: {} cannot be run", service.key(), program),
                  "mail is put off", {"correct the path in argv of master.cf"});
}

/// The header speaks for the whole message: each delivery of a part of its recipients would send
/// everything again.
void check_one_delivery(const PostfixView& postfix, const PostfixService& service,
                        Findings& findings) {
  const std::string name = service.name + "_destination_recipient_limit";
  std::string_view text = postfix.config.get(name);
  if (text.empty()) text = postfix.config.get("default_destination_recipient_limit");
  const long long limit = to_integer(text).value_or(50);
  std::set<std::string> told;
  long long most = to_integer(postfix.config.get("smtpd_recipient_limit")).value_or(1000);
  for (const PipeUse& use : postfix.pipe_uses) {
    if (use.pipe != &service) continue;
    most = std::max(
        most, to_integer(postfix.config.get(*use.service, "smtpd_recipient_limit")).value_or(most));
    if (!use.next_hop.empty() || !told.insert(use.table).second) continue;
    findings.fail(
        check,
        fmt::format("{} to {} names no next hop", use.table.empty() ? "content_filter" : use.table,
                    service.name),
        "each recipient domain is then a delivery of its own, and each sends everything",
        {use.table.empty()
             ? postfix.set_where_set(*use.service, "content_filter", service.name + ":all")
             : fmt::format("in {}: FILTER {}:all", use.table, service.name)});
  }
  if (limit != 0 && limit < most)
    findings.fail(check,
                  fmt::format("{} is {}, a message can have {} recipients", name, limit, most),
                  "a message with more comes in several times, and each time sends everything",
                  {postfix.set(name, "0")});
}

}  // namespace

void check_pipe(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  for (const PostfixService* service : postfix.pipes) {
    const std::size_t failures = findings.count(Health::failure);
    check_attributes(facts, postfix, *service, findings);
    check_one_delivery(postfix, *service, findings);
    const bool is_used = std::any_of(postfix.pipe_uses.begin(), postfix.pipe_uses.end(),
                                     [&](const PipeUse& use) { return use.pipe == service; });
    if (!is_used)
      findings.warn(check, service->key() + " is not used",
                    "no content_filter and no header check leads to it",
                    {"see the service on port 2587 in etc/postfix/master.cf, or take it out"});
    else if (findings.count(Health::failure) == failures)
      findings.ok(check, service->key());
  }
}

void check_pipe_cleanup(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  const auto& config = postfix.config;
  std::set<const PostfixService*> done;
  for (const PipeUse& use : postfix.pipe_uses) {
    if (postfix.is_listener(use.service) || !done.insert(use.service).second) continue;
    const PostfixService* cleanup = config.cleanup_of(*use.service);
    if (!cleanup) {
      findings.fail(check,
                    fmt::format("{}: there is no cleanup service {}", use.service->key(),
                                config.get(*use.service, "cleanup_service_name")),
                    "nothing can come in", {"see etc/postfix/master.cf"});
      continue;
    }
    constexpr std::string_view cuts =
        "it cuts fields of more than 60,000 octets once a message met a milter (PF-18)";
    const auto other =
        std::find_if(postfix.milters.begin(), postfix.milters.end(), [&](const MilterUse& milter) {
          return milter.is_non_smtpd ? milter.service == cleanup
                                     : config.cleanup_of(*milter.service) == cleanup;
        });
    if (postfix.has_any_milter(use.service))
      findings.fail(check, use.service->key() + " has milters", std::string(cuts),
                    {postfix.set_for(*use.service, "smtpd_milters", "")});
    else if (other != postfix.milters.end())
      findings.fail(
          check,
          fmt::format("{} shares the cleanup service {} with {}", use.service->key(), cleanup->name,
                      other->is_non_smtpd ? "mail from sendmail(1), which has milters"
                                          : other->service->key() + ", which has milters"),
          std::string(cuts),
          {"add cleanup-smtpapi-pipe of etc/postfix/master.cf to master.cf",
           postfix.set_for(*use.service, "cleanup_service_name", "cleanup-smtpapi-pipe")});

    if (!config.get(*cleanup, "non_smtpd_milters").empty())
      findings.fail(check, cleanup->key() + " knows of milters by non_smtpd_milters",
                    "it cuts fields of more than 60,000 octets (PF-18)",
                    {postfix.set_for(*cleanup, "non_smtpd_milters", "")});

    const auto limit =
        static_cast<std::size_t>(to_integer(config.get(*cleanup, "header_size_limit")).value_or(0));
    const std::size_t wanted = facts.settings.limits.header_bytes;
    if (limit < wanted)
      findings.fail(check,
                    fmt::format("{}: header_size_limit {}, limits.header-bytes {}", cleanup->key(),
                                grouped(limit), grouped(wanted)),
                    "longer headers are cut, and then refused as bad",
                    {postfix.set_for(*cleanup, "header_size_limit", std::to_string(wanted))});
  }
}

}  // namespace smtpapi::ctl
