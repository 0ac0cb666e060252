#include "milter/option_keys.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "mail/address.h"
#include "milter/option_values.h"

namespace smtpapi {

namespace po = boost::program_options;

namespace {

/// A value that cannot be taken. Boost's own exceptions name neither file nor line.
struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T value_or_throw(Result<T> value) {
  if (!value) throw Mistake(value.error().text);
  return *std::move(value);
}

Result<std::string> any_text(std::string_view text) { return std::string(text); }

Result<std::string> mail_address(std::string_view text) { return parse_address(text); }

/// "may be empty" for a reader that does not like "".
template <class Read>
auto or_empty(Read read) {
  return [read](std::string_view text) -> Result<std::string> {
    if (text.empty()) return std::string();
    return read(text);
  };
}

/// At least one of what `read` reads.
template <class Read>
auto not_zero(Read read) {
  return [read](std::string_view text) -> decltype(read(text)) {
    auto value = read(text);
    if (value && *value == std::decay_t<decltype(*value)>{}) return invalid("it must not be 0");
    return value;
  };
}

template <class Read>
auto at_most(std::size_t limit, Read read) {
  return [limit, read](std::string_view text) -> decltype(read(text)) {
    auto value = read(text);
    if (value && *value > limit) return invalid(fmt::format("it must not be more than {}", limit));
    return value;
  };
}

/// "/var/log/mail.log" or "journal:postfix@-".
Result<std::string> read_log_source(std::string_view text) {
  constexpr std::string_view journal = "journal:";
  const bool is_unit = text.starts_with(journal) && text.size() > journal.size();
  if (!is_unit && (!text.starts_with('/') || text.ends_with('/')))
    return invalid("'" + printable(text) + "' is neither a whole path nor journal:UNIT");
  return std::string(text);
}

/// One of a few words.
template <class T>
auto one_of(std::vector<std::pair<std::string_view, T>> choices) {
  return [choices](std::string_view text) -> Result<T> {
    std::string names;
    for (const auto& [name, value] : choices) {
      if (text == name) return value;
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    return invalid("'" + printable(text) + "' is none of " + names);
  };
}

}  // namespace

template <class T, class Read>
void OptionKeys::scalar(const char* name, T& target, Read read) {
  keys_.add_options()(name, po::value<std::string>()->notifier([&target, read](const auto& text) {
    target = value_or_throw(read(text));
  }));
}

template <class Read, class Clear, class Add>
void OptionKeys::list(const char* name, Read read, Clear clear, Add add) {
  keys_.add_options()(name, po::value<std::string>()->composing()->notifier(
                                [this, read, clear, add](const std::string& text) {
                                  if (first_) clear();
                                  for (const std::string_view word : words(text))
                                    add(value_or_throw(read(word)));
                                }));
}

template <class Read>
void OptionKeys::words_of(const char* name, std::vector<std::string>& target, Read read) {
  list(
      name, read, [&target] { target.clear(); },
      [&target](std::string word) { target.push_back(std::move(word)); });
}

template <class Read>
void OptionKeys::without_effect(const char* name, Read read) {
  keys_.add_options()(
      name, po::value<std::string>()->notifier([this, name, read](const std::string& text) {
        if (text.empty()) return;
        value_or_throw(read(text));
        settings_.warnings.push_back(
            fmt::format("{} has no effect: this release has nothing that uses it", name));
      }));
}

OptionKeys::OptionKeys(Settings& s) : settings_(s) {
  scalar("milter.socket", s.milter_socket, read_milter_socket);
  scalar("milter.memory-bytes", s.milter_memory_bytes, not_zero(read_bytes));
  scalar("milter.scope", s.scope, one_of<Scope>({{"header", Scope::header}, {"all", Scope::all}}));

  words_of("trust.networks", s.trust.networks, read_network);
  scalar("trust.authenticated", s.trust.authenticated, read_yes_no);
  words_of("trust.daemon-names", s.trust.daemon_names, any_text);

  scalar("error.mode", s.error_mode,
         one_of<ErrorMode>({{"bounce", ErrorMode::bounce}, {"reject", ErrorMode::reject}}));
  scalar("error.postmaster", s.postmaster, or_empty(mail_address));

  scalar("store.url", s.store_url, read_store_url);
  scalar("store.keep", s.store_keep, read_duration);

  scalar("inject.server", s.inject_server, read_endpoint);
  scalar("inject.concurrency", s.inject_concurrency, not_zero(read_count));
  scalar("inject.give-up", s.inject_give_up, not_zero(read_duration));
  list(
      "inject.pools", read_pool, [&s] { s.inject_pools.clear(); },
      [&s](std::pair<std::string, std::string> pool) {
        if (!s.inject_pools.emplace(pool).second)
          throw Mistake("pool '" + printable(pool.first) + "' is there already");
      });
  scalar("inject.return-path", s.inject_return_path, or_empty(read_return_path));

  scalar("tracking.url", s.tracking_url, or_empty(read_base_url));
  scalar("tracking.listen", s.tracking_listen, read_endpoint);
  scalar("tracking.key-file", s.tracking_key_file, any_text);
  words_of("tracking.trusted-proxies", s.tracking_trusted_proxies, read_network);
  scalar("tracking.pages", s.tracking_pages, any_text);
  scalar("tracking.unsubscribe-on-get", s.tracking_unsubscribe_on_get, read_yes_no);
  scalar("tracking.trap-link", s.tracking_trap_link, read_yes_no);
  scalar("tracking.gravatar", s.tracking_gravatar, read_yes_no);
  scalar("tracking.utm-source", s.tracking_utm_source, any_text);
  scalar("tracking.max-connections", s.tracking_max_connections, not_zero(read_count));

  scalar("account.settings", s.account_settings, any_text);
  scalar("account.by-login", s.account_by_login, any_text);

  scalar("limits.recipients", s.limits.recipients, read_count);
  scalar("limits.header-bytes", s.limits.header_bytes, not_zero(read_bytes));
  scalar("limits.message-bytes", s.limits.message_bytes, not_zero(read_bytes));
  scalar("limits.substitution-bytes", s.limits.substitution_bytes, read_bytes);
  scalar("limits.unique-args-bytes", s.limits.unique_args_bytes, read_bytes);
  scalar("limits.schedule-ahead", s.limits.schedule_ahead, read_duration);

  scalar("daemon.user", s.user, any_text);
  scalar("daemon.hostname", s.hostname, or_empty(read_hostname));

  words_of("events.log", s.events_log, read_log_source);
  scalar("events.bounce-classes", s.events_bounce_classes, any_text);
  scalar("webhook.batch-seconds", s.webhook_batch_seconds, read_duration);
  scalar("webhook.batch-bytes", s.webhook_batch_bytes, not_zero(read_bytes));
  scalar("webhook.retry-hours", s.webhook_retry_hours, at_most(72, read_count));
  scalar("webhook.allow-private", s.webhook_allow_private, read_yes_no);
  scalar("webhook.ca-file", s.webhook_ca_file, any_text);
  without_effect("api.listen", read_endpoint);

  scalar("log.to", s.log_target,
         one_of<LogTarget>({{"syslog", LogTarget::syslog}, {"stderr", LogTarget::standard_error}}));
  scalar("log.level", s.log_level,
         one_of<LogLevel>({{"error", LogLevel::error},
                           {"warning", LogLevel::warning},
                           {"info", LogLevel::info},
                           {"debug", LogLevel::debug}}));
}

void OptionKeys::set(const std::string& name, const std::string& value, bool first) {
  first_ = first;
  po::parsed_options one(&keys_);
  one.options.emplace_back(name, std::vector{value});
  po::variables_map map;
  po::store(one, map);
  po::notify(map);
}

std::vector<std::string> OptionKeys::names() const {
  std::vector<std::string> out;
  for (const auto& key : keys_.options()) out.push_back(key->long_name());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace smtpapi
