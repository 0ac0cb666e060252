#include "milter/ctl/postfix_setup_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "milter/ctl/bounce_service.h"
#include "milter/ctl/findings.h"
#include "milter/ctl/postfix_view.h"
#include "net/endpoint.h"

namespace smtpapi::ctl {
namespace {

using Kind = PostfixChange::Kind;

constexpr std::string_view our_milter = "$smtpapi_milter";
constexpr std::string_view our_cleanup = "cleanup-smtpapi";
constexpr std::string_view table_name = "smtpapi_smtp_header_checks";

std::string with_entry(std::string_view entry, std::string_view list) {
  return std::string(entry) + (list.empty() ? "" : ", ") + std::string(list);
}

class Planner {
 public:
  Planner(const Settings& settings, const PostfixConfig& config, const MainCf& main_cf,
          const Facts& facts)
      : settings_(settings), config_(config), main_cf_(main_cf), view_(facts) {}

  PostfixSetup plan(bool has_table, const std::optional<ReturnPathFacts>& way_back) {
    const std::string milter = milter_address();
    look_at_services();
    plan_sizes();
    plan_table(has_table);
    set("enable_long_queue_ids", "yes");
    if (!is_ours("smtpapi_milter"))
      set("smtpapi_milter", fmt::format("{{ {}, connect_timeout=10s, command_timeout=30s, "
                                        "content_timeout=120s, default_action=tempfail }}",
                                        milter));
    plan_listener();
    if (way_back) plan_way_back(*way_back);
    // Last: from here on messages are held, and their copies find everything in place.
    plan_milters("non_smtpd_milters");
    plan_milters("smtpd_milters");
    if (!setup_.refusals.empty()) setup_.changes.clear();
    return std::move(setup_);
  }

 private:
  std::string_view written(std::string_view parameter) const {
    const auto found = main_cf_.find(parameter);
    return found == main_cf_.end() ? std::string_view() : std::string_view(found->second);
  }

  void set(std::string_view parameter, std::string value) {
    const auto found = main_cf_.find(parameter);
    if (found != main_cf_.end() ? found->second == value : config_.get(parameter) == value) return;
    PostfixChange change{Kind::parameter, std::string(parameter), {}, std::move(value)};
    if (found != main_cf_.end()) change.before = found->second;
    setup_.changes.push_back(std::move(change));
  }

  void refuse(std::string why) { setup_.refusals.push_back(std::move(why)); }

  bool is_any_chrooted() const {
    return std::any_of(config_.services.begin(), config_.services.end(), [](const auto& service) {
      return service.is_chrooted && (service.program == "smtpd" || service.program == "cleanup");
    });
  }

  /// As Postfix writes it. A relative path begins at the queue directory in a chroot and outside
  /// (PF-5), so it serves all services.
  std::string milter_address() {
    auto ours = libmilter_address(settings_.milter_socket);
    if (!ours) {
      refuse(fmt::format("milter.socket {} is no address that Postfix can reach",
                         printable(settings_.milter_socket)));
      return {};
    }
    const std::string queue(config_.get("queue_directory"));
    if (!ours->is_unix()) {
      if (ours->host == "0.0.0.0" || ours->host == "::") ours->host.clear();
      return as_postfix_writes(*ours, false, queue);
    }
    if (ours->path.starts_with(queue + "/")) return "unix:" + ours->path.substr(queue.size() + 1);
    if (is_any_chrooted())
      refuse(fmt::format(
          "Postfix runs in a chroot and cannot reach milter.socket {}. Run \"install -d -o {} -g "
          "{} -m 2750 {}\", set milter.socket = unix:{}/smtpapi/milter.sock and restart "
          "smtpapi-milter",
          settings_.milter_socket, settings_.user.empty() ? "smtpapi" : settings_.user,
          config_.get("mail_owner"), shell_word(queue + "/smtpapi"), queue));
    return "unix:" + ours->path;
  }

  bool is_same(const PostfixMilter& milter, bool is_chrooted) const {
    const auto ours = libmilter_address(settings_.milter_socket);
    const auto theirs =
        postfix_milter_address(milter.endpoint, is_chrooted, config_.get("queue_directory"));
    return ours && theirs && is_same_place(*ours, *theirs);
  }

  /// Whether our milter is in a list of main.cf.
  bool is_ours(std::string_view parameter) const {
    const bool is_chrooted = is_any_chrooted();
    const auto milters = parse_milters(config_.get(parameter));
    return std::any_of(milters.begin(), milters.end(),
                       [&](const auto& milter) { return is_same(milter, is_chrooted); });
  }

  void plan_milters(std::string_view parameter) {
    if (is_ours(parameter)) return;
    for (const PostfixMilter& milter : parse_milters(config_.get(parameter)))
      if (milter.endpoint.find("smtpapi") != std::string::npos)
        return refuse(
            fmt::format("{} has {} already, but milter.socket is {}: take that entry out "
                        "or set milter.socket to it",
                        parameter, printable(milter.endpoint), settings_.milter_socket));
    set(parameter, with_entry(our_milter, written(parameter)));
  }

  void look_at_services() {
    for (const PostfixService* service : view_.smtpds) {
      const auto own = service->overrides.find("smtpd_milters");
      if (own == service->overrides.end() || own->second.empty() || view_.is_listener(service) ||
          view_.has_our_milter(service))
        continue;
      setup_.remarks.push_back(
          fmt::format("{} has smtpd_milters of its own and is left alone; to have it pass "
                      "smtpapi-milter: {}",
                      service->key(),
                      view_.set_for(*service, "smtpd_milters",
                                    "$smtpapi_milter," + parse_joined(own->second))));
    }
    for (const auto& [name, server] : settings_.inject_pools)
      if (!view_.listener(server))
        setup_.remarks.push_back(
            fmt::format("inject.pools {}: which address {} sends from is yours to say; see "
                        "127.0.0.1:10031 in etc/postfix/master.cf",
                        name, server));
  }

  static std::string parse_joined(std::string_view list) {
    std::string out;
    for (const PostfixMilter& milter : parse_milters(list))
      out += (out.empty() ? "" : ",") + milter.text;
    return out;
  }

  void plan_sizes() {
    const auto size = [&](std::string_view parameter) {
      return static_cast<std::size_t>(to_integer(config_.get(parameter)).value_or(0));
    };
    const std::size_t ours = settings_.limits.message_bytes;
    const std::size_t theirs = size("message_size_limit");
    const auto holds = [&](std::string_view parameter) {
      return size(parameter) == 0 || size(parameter) >= ours;
    };
    // A smaller limit that somebody has chosen stays, and so does one that local(8) depends on.
    const bool may_grow = written("message_size_limit").empty() && holds("mailbox_size_limit") &&
                          holds("virtual_mailbox_limit");
    if (theirs == 0 || theirs > ours || (theirs < ours && may_grow))
      set("message_size_limit", std::to_string(ours));
    else if (theirs < ours)
      // Copies may have grown by what filters add.
      listener_size_ = fmt::format(" -o message_size_limit={}", ours);
  }

  void plan_table(bool has_table) {
    const std::string path = header_table_path(config_);
    if (!has_table) setup_.changes.push_back({Kind::table, path, {}, std::string(header_table)});
    for (const std::string& table : parse_tables(config_.get("smtp_header_checks")))
      if (table.ends_with(table_name)) return;
    set("smtp_header_checks", with_entry("regexp:" + path, written("smtp_header_checks")));
  }

  /// Signers that sign what comes in must sign the copies too, as they leave.
  std::string signers() const {
    std::string out;
    for (const PostfixMilter& milter : parse_milters(config_.get("smtpd_milters")))
      if (milter.endpoint.find("dkim") != std::string::npos)
        out += (out.empty() ? "" : ",") + milter.text;
    return out;
  }

  void plan_listener() {
    const std::string& server = settings_.inject_server;
    if (view_.listener(server)) return;
    const auto endpoint = parse_endpoint(server);
    if (!endpoint || !endpoint->path.empty() || !is_loopback(endpoint->host))
      return refuse(
          fmt::format("inject.server {} is not a port of the loopback interface: the "
                      "listener there is yours to make",
                      printable(server)));
    for (const PostfixService& service : config_.services) {
      const auto colon = service.name.rfind(':');
      const std::string port =
          colon == std::string::npos ? service.name : service.name.substr(colon + 1);
      if (service.type == "inet" && port == endpoint->port)
        return refuse(
            fmt::format("inject.server {}: {} of master.cf has this port already; set "
                        "inject.server to another",
                        server, service.key()));
    }
    const bool is_v6 = endpoint->host.find(':') != std::string::npos;
    const std::string host = is_v6                           ? "[" + endpoint->host + "]"
                             : endpoint->host == "localhost" ? "127.0.0.1"
                                                             : endpoint->host;
    const std::string name = host + ":" + endpoint->port;
    const std::string_view networks = is_v6 ? "[::1]/128" : "127.0.0.0/8";
    const char chroot = !view_.smtpds.empty() && view_.smtpds.front()->is_chrooted ? 'y' : 'n';
    if (!config_.find(our_cleanup, "unix"))
      add_service(fmt::format("{}/unix", our_cleanup),
                  fmt::format("{} unix n - {} - 0 cleanup -o header_checks= -o mime_header_checks= "
                              "-o nested_header_checks= -o body_checks={}",
                              our_cleanup, chroot, listener_size_));
    add_service(
        name + "/inet",
        fmt::format(
            "{0} inet n - {1} - {2} smtpd -o syslog_name=postfix/smtpapi "
            "-o cleanup_service_name={3} -o smtpd_milters={4} -o mynetworks={5} "
            "-o smtpd_client_restrictions=permit_mynetworks,reject -o smtpd_helo_restrictions= "
            "-o smtpd_sender_restrictions= -o smtpd_relay_restrictions=permit_mynetworks,reject "
            "-o smtpd_recipient_restrictions=permit_mynetworks,reject "
            "-o smtpd_data_restrictions= -o smtpd_end_of_data_restrictions= "
            "-o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no "
            "-o smtpd_authorized_xforward_hosts={5} -o smtpd_client_connection_count_limit=0 "
            "-o smtpd_client_connection_rate_limit=0 -o local_header_rewrite_clients= "
            "-o content_filter={6}",
            name, chroot, std::max<std::size_t>(20, settings_.inject_concurrency + 4), our_cleanup,
            signers(), networks, listener_size_));
  }

  /// Mail to the domain of inject.return-path goes to smtpapi-bounce.
  void plan_way_back(const ReturnPathFacts& way) {
    if (!way.error.empty()) return refuse(way.error);
    if (way.list == "mydestination")
      return refuse(
          fmt::format("inject.return-path: {} is in mydestination, where unknown addresses are "
                      "refused: take it out, or name another domain",
                      way.domain));
    const auto found =
        std::find_if(config_.services.begin(), config_.services.end(), is_bounce_service);
    const bool is_there = found != config_.services.end();
    const std::string name = is_there ? found->name : std::string(bounce_service);
    if (!is_there) {
      if (config_.find(bounce_service, "unix"))
        return refuse(fmt::format("master.cf has a service {} that does not run smtpapi-bounce",
                                  bounce_service));
      add_service(name + "/unix", bounce_service_line(settings_.user));
    }
    set(name + "_destination_recipient_limit", "1");
    if (way.transport.substr(0, way.transport.find(':')) != name)
      set("transport_maps", with_entry(bounce_route(way.domain, name), written("transport_maps")));
    if (way.list.empty()) set("relay_domains", with_entry(way.domain, written("relay_domains")));
  }

  void add_service(std::string name, std::string line) {
    setup_.changes.push_back({Kind::service, std::move(name), {}, std::move(line)});
  }

  const Settings& settings_;
  const PostfixConfig& config_;
  const MainCf& main_cf_;
  const PostfixView view_;
  std::string listener_size_;
  PostfixSetup setup_;
};

}  // namespace

// The text of etc/postfix/smtpapi_smtp_header_checks.
const std::string_view header_table =
    R"(# Fields that are meant for smtpapi-milter and for nobody else.
/^X-SMTPAPI(-Part)?[[:space:]]*:/ IGNORE
)";

std::string header_table_path(const PostfixConfig& config) {
  return config.folder + "/" + std::string(table_name);
}

MainCf parse_main_cf(std::string_view text) {
  MainCf main_cf;
  for (const std::string_view line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim(line.substr(0, equals));
    if (!name.empty())
      main_cf.insert_or_assign(std::string(name), std::string(trim(line.substr(equals + 1))));
  }
  return main_cf;
}

PostfixSetup plan_postfix_setup(const Settings& settings, const PostfixConfig& config,
                                const MainCf& main_cf, bool has_table,
                                const std::optional<ReturnPathFacts>& way_back) {
  Facts facts;
  facts.settings = settings;
  facts.postfix = config;
  return Planner(settings, *facts.postfix, main_cf, facts).plan(has_table, way_back);
}

}  // namespace smtpapi::ctl
