// Checks of what the milter and the pipe learn of a client: its login, and which service it used.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "milter/ctl/checks.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view check = "login";

bool has_login(const PostfixView& postfix, const PostfixService& service) {
  return postfix.config.get(service, "smtpd_sasl_auth_enable") == "yes";
}

bool is_way_in(const PostfixView& postfix, const PostfixService* service) {
  return !postfix.is_listener(service) &&
         (postfix.has_our_milter(service) || postfix.leads_to_pipe(service));
}

/// Passwords and keys in the clear.
void check_privacy(const PostfixView& postfix, const PostfixService& service, Findings& findings) {
  const auto is = [&](std::string_view parameter, std::string_view value) {
    return postfix.config.get(service, parameter) == value;
  };
  if (is("smtpd_tls_auth_only", "yes") || is("smtpd_tls_wrappermode", "yes") ||
      is("smtpd_tls_security_level", "encrypt") || is("smtpd_enforce_tls", "yes") ||
      !postfix.is_exposed(service))
    return;
  findings.warn(check, service.key() + " takes logins without TLS",
                "passwords and API keys cross the network for all to read",
                {postfix.set_where_set(service, "smtpd_tls_auth_only", "yes")});
}

void check_socket(const Facts& facts, const PostfixView& postfix, const PostfixService& service,
                  std::set<std::string>& done, Findings& findings) {
  if (postfix.config.get(service, "smtpd_sasl_type") != "dovecot") return;
  const std::string path = postfix.login_socket(service);
  const auto found = facts.login_sockets.find(path);
  if (found == facts.login_sockets.end() || !done.insert(path).second) return;
  const SocketFacts& socket = found->second;
  const std::string why = "smtpd(8) ends each session of these services with 454";
  if (!socket.is_there || !socket.answers)
    findings.fail(check,
                  fmt::format("{}: {}: {}", service.key(), path,
                              socket.is_there ? socket.error : "no such socket"),
                  why, {"systemctl start dovecot", "its unix_listener: see docs/smtp-auth.md"});
  else if (!socket.blocked_at.empty())
    findings.fail(check,
                  fmt::format("{}: user {} is refused at {}", service.key(),
                              postfix.config.get("mail_owner"), socket.blocked_at),
                  why,
                  {fmt::format("in Dovecot's unix_listener {}: mode = 0660, user = group = {}",
                               path, postfix.config.get("mail_owner")),
                   "systemctl restart dovecot"});
}

}  // namespace

void check_login(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  const std::size_t before = findings.count(Health::warning) + findings.count(Health::failure);
  std::vector<std::string> names;
  std::set<std::string> done;
  for (const PostfixService* service : postfix.smtpds) {
    if (!is_way_in(postfix, service) || !has_login(postfix, *service)) continue;
    names.push_back(service->key());
    check_privacy(postfix, *service, findings);
    check_socket(facts, postfix, *service, done, findings);
    const std::string_view macros = postfix.config.get(*service, "milter_mail_macros");
    if (postfix.has_our_milter(service) && !macros.empty() &&
        macros.find("{auth_authen}") == std::string_view::npos)
      findings.warn(check, service->key() + ": milter_mail_macros has no {auth_authen}",
                    "only milters that ask for it by themselves, as smtpapi-milter does, learn who "
                    "has logged in",
                    {postfix.set_where_set(*service, "milter_mail_macros",
                                           std::string(macros) + " {auth_authen}")});
  }
  if (names.empty() && !facts.settings.account_by_login.empty())
    findings.warn(check, "account.by-login is set, and no service that leads to us takes logins",
                  "settings for one login never apply",
                  {"set smtpd_sasl_auth_enable = yes where applications connect: see "
                   "docs/smtp-auth.md"});
  if (!names.empty() && before == findings.count(Health::warning) + findings.count(Health::failure))
    findings.ok(check, fmt::format("{}", fmt::join(names, ", ")));
}

void check_daemon_names(const Facts& facts, const PostfixView& postfix, Findings& findings) {
  std::set<std::string_view> given;
  for (const PostfixService* service : postfix.smtpds)
    if (!postfix.is_listener(service) && postfix.has_our_milter(service))
      given.insert(postfix.config.get(*service, "milter_macro_daemon_name"));
  for (const std::string& name : facts.settings.trust.daemon_names) {
    if (given.contains(name)) continue;
    findings.warn("trust",
                  fmt::format("trust.daemon-names has {}, and no service of Postfix that asks "
                              "smtpapi-milter calls itself so",
                              name),
                  "nobody is trusted by that name",
                  {fmt::format("in master.cf, for the service that you mean: -o "
                               "milter_macro_daemon_name={}",
                               shell_word(name))});
  }
}

}  // namespace smtpapi::ctl
