#include "milter/ctl/collect_return_path.h"

#include <array>
#include <fstream>

#include "base/text.h"
#include "milter/ctl/bounce_service.h"
#include "milter/ctl/process.h"

namespace smtpapi::ctl {
namespace {

class Tables {
 public:
  Tables(const PostfixConfig& config, std::string& error)
      : config_(config), postmap_(find_program("postmap")), error_(error) {}

  /// What the tables of a parameter say to a key, the first that knows it; "" none.
  std::string ask(std::string_view parameter, const std::string& key) {
    for (const std::string& table : parse_tables(config_.get(parameter)))
      if (std::string answer = ask_table(table, key); !answer.empty()) return answer;
    return {};
  }

  /// Whether a list of domains, tables and files has the domain.
  bool lists(std::string_view parameter, const std::string& domain) {
    for (std::string entry : parse_list(config_.get(parameter))) {
      const bool is_negated = entry.starts_with('!');
      if (is_negated) entry.erase(0, 1);
      if (has(entry, parameter, domain)) return !is_negated;
    }
    return false;
  }

 private:
  bool has(const std::string& entry, std::string_view parameter, const std::string& domain) {
    if (entry.starts_with('/')) return is_in_file(entry, domain);
    if (entry.find(':') != std::string::npos) return !ask_table(entry, domain).empty();
    const std::string name = to_lower(entry);
    const bool takes_parts = parameter == "relay_domains" && domain.ends_with("." + name);
    return name == domain || takes_parts;
  }

  static bool is_in_file(const std::string& path, const std::string& domain) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (trim(line).starts_with('#')) continue;
      for (const std::string_view word : words(line))
        if (equals_ignoring_case(word, domain)) return true;
    }
    return false;
  }

  std::string ask_table(const std::string& table, const std::string& key) {
    // The local aliases among other lists are no domains of anybody.
    if (!postmap_ || table.starts_with("unix:") || table.starts_with("proxy:unix:")) return {};
    const auto said = run_process({*postmap_, "-c", config_.folder, "-q", key, table});
    if (!said)
      error_ = said.error().text;
    else if (said->status != 0 && !said->err.empty())
      error_ = printable(trim(said->err));
    else
      return std::string(trim(said->out));
    return {};
  }

  const PostfixConfig& config_;
  const std::optional<std::string> postmap_;
  std::string& error_;
};

/// Which list makes the domain ours, and which parameter is its transport then.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> classes = {{
    {"mydestination", "local_transport"},
    {"virtual_mailbox_domains", "virtual_transport"},
    {"virtual_alias_domains", "virtual_transport"},
    {"relay_domains", "relay_transport"},
}};

}  // namespace

std::optional<ReturnPathFacts> look_at_return_path(const Settings& settings,
                                                   const PostfixConfig& config) {
  ReturnPathFacts way;
  way.domain = return_path_domain(settings.inject_return_path);
  if (way.domain.empty()) return std::nullopt;
  Tables tables(config, way.error);
  std::string_view transport = "default_transport";
  for (const auto& [list, its_transport] : classes) {
    if (!tables.lists(list, way.domain)) continue;
    way.list = list;
    transport = its_transport;
    break;
  }
  // transport(5): the address, the domain, the domains above it, everything.
  std::vector<std::string> keys = {to_lower(settings.inject_return_path), way.domain};
  for (auto dot = way.domain.find('.'); dot != std::string::npos;
       dot = way.domain.find('.', dot + 1))
    keys.push_back(way.domain.substr(dot));
  keys.emplace_back("*");
  for (const std::string& key : keys)
    if (way.transport.empty()) way.transport = tables.ask("transport_maps", key);
  // ":" and "" leave the transport as it is.
  if (way.transport.empty() || way.transport.starts_with(':'))
    way.transport = config.get(transport);
  return way;
}

}  // namespace smtpapi::ctl
