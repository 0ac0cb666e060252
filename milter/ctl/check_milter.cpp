// Checks of the way from Postfix to smtpapi-milter.
#include <algorithm>
#include <set>

#include "milter/ctl/checks.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view way_in = "way in";
constexpr std::string_view milter_socket = "milter socket";
constexpr std::string_view default_action = "default action";
constexpr std::string_view milter_order = "milter order";

/// Keys of services, each once: "smtp/inet, submission/inet".
std::string names_of(const std::vector<const PostfixService*>& services) {
  std::vector<std::string> names;
  for (const PostfixService* service : services) names.push_back(service->key());
  return fmt::format("{}", fmt::join(names, ", "));
}

/// A list of milters that shall hold ours.
struct Target {
  std::string_view parameter;
  const PostfixService* service;  ///< whose override it is; null: main.cf
  bool is_chrooted;
};

/// The commands that let Postfix find our milter, in front of the others that it asks.
std::vector<std::string> commands_for_milter(const Facts& facts, const PostfixView& postfix,
                                             const std::vector<Target>& targets) {
  const auto ours = libmilter_address(facts.settings.milter_socket);
  if (!ours) return {"set milter.socket in smtpapi.conf"};
  const std::string_view queue = postfix.config.get("queue_directory");
  std::vector<std::string> commands;
  for (const Target& target : targets) {
    std::string value = as_postfix_writes(*ours, target.is_chrooted, queue);
    if (value.empty()) {
      // A chroot hides the socket: it has to move inside (PK-4).
      const std::string user = facts.settings.user.empty() ? "smtpapi" : facts.settings.user;
      if (commands.empty())
        commands = {fmt::format("install -d -o {} -g {} -m 2750 {}", shell_word(user),
                                shell_word(postfix.config.get("mail_owner")),
                                shell_word(std::string(queue) + "/smtpapi")),
                    fmt::format("in smtpapi.conf: [milter] socket = unix:{}/smtpapi/milter.sock, "
                                "then restart smtpapi-milter",
                                queue)};
      value = "unix:/smtpapi/milter.sock";
    }
    const std::string_view old = target.service
                                     ? postfix.config.get(*target.service, target.parameter)
                                     : postfix.config.get(target.parameter);
    for (const PostfixMilter& other : parse_milters(old))
      if (other.endpoint.find("smtpapi") == std::string::npos) value += "," + other.text;
    commands.push_back(target.service
                           ? postfix.set_where_set(*target.service, target.parameter, value)
                           : postfix.set(target.parameter, value));
  }
  return commands;
}

bool is_cleanup_chrooted(const PostfixView& postfix) {
  const PostfixService* cleanup = postfix.config.find("cleanup", "unix");
  return cleanup && cleanup->is_chrooted;
}

/// Entries that look like ours but lead elsewhere.
const MilterUse* misdirected(const PostfixView& postfix) {
  const auto found =
      std::find_if(postfix.milters.begin(), postfix.milters.end(), [](const MilterUse& use) {
        return !use.is_ours && use.milter.endpoint.find("smtpapi") != std::string::npos;
      });
  return found == postfix.milters.end() ? nullptr : &*found;
}

}  // namespace

void check_way_in(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  std::vector<const PostfixService*> by_milter, by_pipe, without;
  for (const PostfixService* service : postfix.smtpds) {
    if (postfix.is_listener(service)) continue;
    if (postfix.has_our_milter(service)) by_milter.push_back(service);
    if (postfix.leads_to_pipe(service)) by_pipe.push_back(service);
    if (!postfix.has_our_milter(service) && !postfix.leads_to_pipe(service))
      without.push_back(service);
  }
  const bool sees_local =
      std::any_of(postfix.milters.begin(), postfix.milters.end(),
                  [](const MilterUse& use) { return use.is_ours && use.is_non_smtpd; });
  const MilterUse* const wrong = misdirected(postfix);
  const Target local{"non_smtpd_milters", nullptr, is_cleanup_chrooted(postfix)};

  if (wrong) {
    findings.fail(
        way_in,
        fmt::format("{} of {} has {}, which is {}; smtpapi-milter listens at {}",
                    wrong->parameter(), wrong->service->key(), wrong->milter.endpoint,
                    wrong->address ? text(*wrong->address) : "no address",
                    facts.settings.milter_socket),
        wrong->service->is_chrooted && wrong->address && wrong->address->is_unix()
            ? "in a chroot a path begins at the queue directory (PF-5); mail is answered 451"
            : "every message of that service is answered 451",
        commands_for_milter(facts, postfix,
                            {{wrong->parameter(), wrong->service, wrong->service->is_chrooted}}));
  } else if (by_milter.empty() && by_pipe.empty() && !sees_local) {
    const bool is_chrooted = !postfix.smtpds.empty() && postfix.smtpds.front()->is_chrooted;
    findings.fail(
        way_in,
        fmt::format("no service of Postfix asks smtpapi-milter at {} or runs "
                    "smtpapi-intake",
                    facts.settings.milter_socket),
        "the header is not obeyed and goes out to the recipients",
        commands_for_milter(facts, postfix, {{"smtpd_milters", nullptr, is_chrooted}, local}));
    return;
  }
  if (!by_milter.empty()) findings.ok(way_in, "milter: " + names_of(by_milter));
  if (!by_pipe.empty()) findings.ok(way_in, "pipe: " + names_of(by_pipe));
  if (sees_local)
    findings.ok(way_in, "milter: mail from sendmail(1)");
  else if (!wrong)
    findings.warn(way_in, "mail from sendmail(1) does not pass smtpapi-milter",
                  "its header is not obeyed", commands_for_milter(facts, postfix, {local}));
  if (!without.empty()) findings.ok(way_in, "not for headers: " + names_of(without));
}

void check_milter_socket(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  std::set<std::string> done;
  for (const MilterUse& use : postfix.milters) {
    if (!use.is_ours || !use.address) continue;
    const std::string name = text(*use.address);
    const auto found = facts.sockets.find(name);
    if (found == facts.sockets.end() || !done.insert(name).second) continue;
    const SocketFacts& socket = found->second;
    if (!socket.is_there || !socket.answers) {
      findings.fail(milter_socket,
                    fmt::format("{}: {}", name, socket.is_there ? socket.error : "no such socket"),
                    "smtpapi-milter does not run there: every message is answered 451",
                    {"systemctl start smtpapi-milter"});
    } else if (!socket.blocked_at.empty()) {
      const std::string owner(postfix.config.get("mail_owner"));
      const std::string group = facts.settings.user.empty() ? "smtpapi" : facts.settings.user;
      findings.fail(milter_socket,
                    fmt::format("{}: user {} is refused at {}", name, owner, socket.blocked_at),
                    "Postfix cannot connect: every message is answered 451 (PF-5)",
                    {fmt::format("usermod -a -G {} {}", shell_word(group), shell_word(owner)),
                     "systemctl restart postfix"});
    } else {
      findings.ok(milter_socket, name + " answers");
    }
  }
}

void check_default_action(const Facts&, const PostfixView& postfix, Findings& findings) {
  bool is_good = true, is_used = false;
  for (const MilterUse& use : postfix.milters) {
    if (!use.is_ours) continue;
    is_used = true;
    const auto own = use.milter.attributes.find("default_action");
    const bool is_own = own != use.milter.attributes.end();
    const std::string_view action = is_own
                                        ? std::string_view(own->second)
                                        : postfix.config.get(*use.service, "milter_default_action");
    if (action == "tempfail" || action == "shutdown") continue;
    is_good = false;
    std::string found =
        fmt::format("{} of {}: default_action is {}", use.parameter(), use.service->key(), action);
    const std::vector<std::string> fix = {
        is_own ? fmt::format("in {} of {}: default_action=tempfail", use.parameter(),
                             use.service->key())
               : postfix.set_where_set(*use.service, "milter_default_action", "tempfail")};
    if (action == "accept")
      findings.fail(default_action, std::move(found),
                    "whenever the milter is down the header goes out to the recipients (KEY-7)",
                    fix);
    else
      findings.warn(default_action, std::move(found),
                    "whenever the milter is down clients are refused or mail is stopped, not "
                    "put off",
                    fix);
  }
  for (const MilterUse& use : postfix.milters) {
    const auto own = use.milter.attributes.find("protocol");
    const std::string_view protocol = own != use.milter.attributes.end()
                                          ? std::string_view(own->second)
                                          : postfix.config.get(*use.service, "milter_protocol");
    if (!use.is_ours || protocol.empty() || protocol.starts_with('6')) continue;
    findings.fail(
        "milter protocol",
        fmt::format("{} of {}: protocol {}", use.parameter(), use.service->key(), protocol),
        "smtpapi-milter needs version 6",
        {postfix.set_where_set(*use.service, "milter_protocol", "6")});
  }
  if (is_used && is_good)
    findings.ok(default_action, "mail is put off when smtpapi-milter is down");
}

void check_milter_order(const Facts&, const PostfixView& postfix, Findings& findings) {
  for (const MilterUse& use : postfix.milters) {
    if (!use.is_ours) continue;
    if (use.is_behind_signer)
      findings.warn(milter_order,
                    fmt::format("{} of {}: a DKIM signer stands before smtpapi-milter",
                                use.parameter(), use.service->key()),
                    "it signs what is changed afterwards: signatures break (PF-4)",
                    {"put smtpapi-milter first in the list"});
    if (!use.is_non_smtpd && !postfix.config.get(*use.service, "smtpd_proxy_filter").empty())
      findings.fail(milter_order,
                    fmt::format("{} has smtpd_proxy_filter and milters", use.service->key()),
                    "with a proxy filter milters see no header and no body (RW-12)",
                    {postfix.set_where_set(*use.service, "smtpd_proxy_filter", "")});
  }
}

void check_signers(const Facts&, const PostfixView& postfix, Findings& findings) {
  const auto signer =
      std::find_if(postfix.milters.begin(), postfix.milters.end(), [&](const MilterUse& use) {
        return use.is_signer() && !use.is_non_smtpd && postfix.has_our_milter(use.service);
      });
  if (signer == postfix.milters.end()) return;
  for (const PostfixService* listener : postfix.listeners) {
    std::string value;
    bool is_signed = false;
    for (const MilterUse& use : postfix.milters) {
      if (use.service != listener) continue;
      is_signed |= use.is_signer();
      value += use.milter.text + ",";
    }
    if (is_signed) continue;
    findings.warn(
        "signatures",
        fmt::format("{} has no DKIM signer, {} has", listener->key(), signer->service->key()),
        "copies leave unsigned (PF-4)",
        {postfix.set_for(*listener, "smtpd_milters", value + signer->milter.text)});
  }
}

void check_queue_ids(const Facts&, const PostfixView& postfix, Findings& findings) {
  constexpr std::string_view check = "queue ids";
  if (postfix.config.get("enable_long_queue_ids") == "yes")
    findings.ok(check, "long");
  else
    findings.warn(check, "short", "they are used again, and the log no longer tells messages apart",
                  {postfix.set("enable_long_queue_ids", "yes")});
}

}  // namespace smtpapi::ctl
