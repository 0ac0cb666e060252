#include "milter/options.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>

#include "base/text.h"
#include "milter/ini.h"
#include "milter/option_keys.h"
#include "milter/option_values.h"
#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

/// Levenshtein's distance of two short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({change, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

/// "; did you mean 'y'?", or nothing when no key is near. A key that stands in the wrong section is
/// near too.
std::string suggestion(const std::string& wrong, const std::vector<std::string>& names) {
  const auto key_of = [](std::string_view name) { return name.substr(name.find('.') + 1); };
  std::string_view best;
  std::size_t best_distance = 0;
  for (const std::string& name : names) {
    std::size_t d = distance(wrong.substr(0, 64), name);
    if (key_of(wrong) == key_of(name)) d = std::min<std::size_t>(d, 2);
    if (best.empty() || d < best_distance) best = name, best_distance = d;
  }
  const bool near = best_distance <= std::max<std::size_t>(2, key_of(wrong).size() / 3);
  return near ? fmt::format("; did you mean '{}'?", best) : std::string();
}

/// Takes values from the file and the command line and collects what is wrong with them.
class Source {
 public:
  Source(OptionKeys& keys, std::vector<std::string>& mistakes) : keys_(keys), mistakes_(mistakes) {}

  void set(const std::string& place, const std::string& name, const std::string& value) {
    if (!keys_.knows(name))
      return add(place, fmt::format("unknown key '{}'{}", printable(name),
                                    suggestion(name, keys_.names())));
    const auto [seen, first] = seen_.emplace(name, place);
    if (!first && !keys_.is_list(name))
      return add(place, seen->second == place
                            ? "given twice"
                            : fmt::format("a second '{}'; the first is in {}", name, seen->second));
    try {
      keys_.set(name, value, first);
    } catch (const std::exception& e) {
      add(place, fmt::format("{}: {}", name, e.what()));
    }
  }
  void add(const std::string& place, const std::string& text) {
    mistakes_.push_back(place + ": " + text);
  }

 private:
  OptionKeys& keys_;
  std::vector<std::string>& mistakes_;
  std::map<std::string, std::string> seen_;  ///< key -> place
};

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

Result<std::string> read_file(const std::string& path) {
  // A folder can be opened; it only fails when it is read.
  if (is_folder(path)) return invalid(path + ": is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid(fmt::format("{}: {}", path, strerror(errno)));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void set_from_file(const std::string& path, std::string_view text, Source& source,
                   OptionKeys& keys) {
  const auto place = [&](std::size_t line) { return fmt::format("{}:{}", path, line); };
  std::set<std::string> sections, unknown;
  for (const std::string& name : keys.names()) sections.insert(name.substr(0, name.find('.')));

  const IniFile file = parse_ini(text);
  auto mistake = file.mistakes.begin();
  const auto add_mistakes_before = [&](std::size_t line) {
    for (; mistake != file.mistakes.end() && mistake->line < line; ++mistake)
      source.add(place(mistake->line), mistake->text);
  };
  for (const IniEntry& entry : file.entries) {
    add_mistakes_before(entry.line);
    if (sections.count(entry.section)) {
      source.set(place(entry.line), entry.section + "." + entry.key, entry.value);
    } else if (unknown.insert(entry.section).second) {
      // Once for the section: its keys are then no news.
      source.add(place(entry.line),
                 fmt::format("unknown section [{}]{}", printable(entry.section),
                             suggestion(entry.section, {sections.begin(), sections.end()})));
    }
  }
  add_mistakes_before(std::string::npos);
}

/// The words of the command line, sorted into ours and the program's.
struct Words {
  std::optional<std::string> config;
  std::vector<std::pair<std::string, std::optional<std::string>>> settings;  ///< key, value
  std::vector<std::string> mistakes;
};

Words sort_words(int argc, char** argv, std::span<const std::string_view> takes_value,
                 CommandLine& line) {
  Words out;
  const auto config = [&](std::string path) {
    if (out.config) out.mistakes.push_back("--config: given twice");
    out.config = std::move(path);
  };
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (word == "--") {
      line.arguments.insert(line.arguments.end(), argv + i, argv + argc);
      break;
    }
    if (std::find(takes_value.begin(), takes_value.end(), word) != takes_value.end()) {
      line.arguments.push_back(word);
      if (i + 1 < argc) line.arguments.push_back(argv[++i]);
    } else if (word == "--help") {
      line.help = true;
    } else if (word == "--version") {
      line.version = true;
    } else if (word == "--config" && i + 1 < argc) {
      config(argv[++i]);
    } else if (word == "--config") {
      out.mistakes.push_back("--config: FILE is missing");
    } else if (name == "--config") {
      config(word.substr(equals + 1));
    } else if (name.substr(0, 2) == "--" && name.find('.') != std::string::npos) {
      out.settings.emplace_back(name.substr(2), equals == std::string::npos
                                                    ? std::nullopt
                                                    : std::optional(word.substr(equals + 1)));
    } else {
      line.arguments.push_back(word);
    }
  }
  return out;
}

std::string own_hostname() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  const auto checked = read_hostname(name);
  return checked ? *checked : "localhost";
}

std::string folder_of_store(const std::string& url) {
  constexpr std::string_view scheme = "sqlite://";
  if (!url.starts_with(scheme)) return "/var/lib/smtpapi";
  const std::string path = url.substr(scheme.size());
  return path.substr(0, path.rfind('/'));
}

/// The text of account.settings; what is wrong with it goes to `mistakes`, and to the log what has
/// no effect.
std::string read_account_settings(const std::string& path, std::vector<std::string>& mistakes) {
  if (path.empty()) return {};
  auto text = read_file(path);
  if (!text) {
    mistakes.push_back("account.settings: " + text.error().text);
    return {};
  }
  const auto place = [&](const Remark& remark) {
    return fmt::format("{}:{}:{}: {}", path, remark.place.line, remark.place.column, remark.text);
  };
  const ParsedFilters parsed = parse_account_settings(*text);
  for (const Remark& problem : parsed.problems) mistakes.push_back(place(problem));
  for (const Remark& warning : parsed.warnings) log_warning("{}", place(warning));
  return *std::move(text);
}

}  // namespace

Result<CommandLine> read_options(int argc, char** argv,
                                 std::span<const std::string_view> takes_value) {
  CommandLine line;
  Settings& settings = line.settings;
  settings.trust.networks = {"127.0.0.0/8", "::1/128"};
  settings.tracking_trusted_proxies = settings.trust.networks;
  Words given = sort_words(argc, argv, takes_value, line);
  if (line.help || line.version) return line;

  OptionKeys keys(settings);
  std::vector<std::string> mistakes = std::move(given.mistakes);

  const std::string path = given.config.value_or(default_config_file);
  if (given.config || access(path.c_str(), F_OK) == 0) {
    const auto text = read_file(path);
    Source source(keys, mistakes);
    settings.config_file = path;
    if (text)
      set_from_file(path, *text, source, keys);
    else
      mistakes.push_back(text.error().text);
  }
  Source source(keys, mistakes);
  for (const auto& [name, value] : given.settings) {
    if (value)
      source.set("--" + name, name, *value);
    else
      source.add("--" + name, "write --" + name + "=VALUE");
  }
  if (!mistakes.empty()) return invalid(fmt::format("{}", fmt::join(mistakes, "\n")));

  if (settings.tracking_key_file.empty())
    settings.tracking_key_file = folder_of_store(settings.store_url) + "/tracking.key";
  if (settings.hostname.empty()) settings.hostname = own_hostname();
  if (settings.postmaster.empty()) settings.postmaster = "postmaster@" + settings.hostname;
  return line;
}

std::vector<std::string> account_options(int argc, char** argv) {
  std::string path = default_config_file;
  std::vector<std::string> from_line;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    constexpr std::string_view config = "--config=";
    if (word == "--") break;
    if (word == "--config" && i + 1 < argc) path = argv[i + 1];
    if (word.starts_with(config)) path = word.substr(config.size());
    if (word.starts_with("--account.") && word.find('=') != word.npos) from_line.emplace_back(word);
  }
  const auto text = read_file(path);
  std::vector<std::string> options;
  for (const char* key : {"settings", "by-login"}) {
    const std::string start = fmt::format("--account.{}=", key);
    std::string option;
    for (const IniEntry& entry : parse_ini(text ? *text : "").entries)
      if (entry.section == "account" && entry.key == key) option = start + entry.value;
    for (const std::string& given : from_line)
      if (given.starts_with(start)) option = given;
    if (option.size() > start.size()) options.push_back(std::move(option));
  }
  return options;
}

std::vector<std::string> mistakes_in_account_settings(int argc, char** argv) {
  std::vector<std::string> words = {argv[0], "--config=/dev/null"};
  for (std::string& option : account_options(argc, argv)) words.push_back(std::move(option));
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  std::vector<std::string> mistakes;
  if (const auto line = read_options(static_cast<int>(pointers.size()), pointers.data(), {}))
    read_account_settings(line->settings.account_settings, mistakes);
  return mistakes;
}

std::vector<std::string> known_keys() {
  Settings unused;
  return OptionKeys(unused).names();
}

Result<LinkSettings> link_settings(const Settings& settings) {
  LinkSettings out;
  out.options = {settings.tracking_utm_source, settings.tracking_gravatar,
                 settings.tracking_trap_link};
  const std::string& return_path = settings.inject_return_path;
  if (settings.tracking_url.empty() && return_path.empty()) return out;
  const auto secrets = Secrets::load(settings.tracking_key_file);
  if (!secrets) return Error(secrets.error()).within("tracking.key-file");
  if (!settings.tracking_url.empty())
    out.tracking = std::make_shared<const Tracking>(settings.tracking_url, LinkKeys(*secrets));
  if (!return_path.empty()) {
    auto paths = ReturnPaths::make(return_path, *secrets);
    if (!paths) return std::move(paths).error().within("inject.return-path");
    out.return_paths = std::make_shared<const ReturnPaths>(*std::move(paths));
  }
  return out;
}

Result<IntakeSettings> intake_settings(const Settings& settings) {
  IntakeSettings out;
  out.limits = settings.limits;
  out.scope = settings.scope;
  out.error_mode = settings.error_mode;
  out.hostname = settings.hostname;
  out.postmaster = settings.postmaster;
  out.trust = settings.trust;
  out.by_login = settings.account_by_login;
  for (const auto& [name, server] : settings.inject_pools) out.pools.push_back(name);

  std::vector<std::string> mistakes;
  if (auto links = link_settings(settings))
    out.links = *std::move(links);
  else
    mistakes.push_back(links.error().text);
  if (const std::string& folder = settings.account_by_login; !folder.empty() && !is_folder(folder))
    mistakes.push_back(fmt::format("account.by-login: {} is not a folder", folder));
  out.account_settings = read_account_settings(settings.account_settings, mistakes);
  if (!mistakes.empty()) return invalid(fmt::format("{}", fmt::join(mistakes, "\n")));
  return out;
}

}  // namespace smtpapi
