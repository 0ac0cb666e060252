#include "milter/ctl/collect_facts.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "milter/ctl/collect_machine.h"
#include "milter/ctl/collect_return_path.h"
#include "milter/ctl/collect_sendmail.h"
#include "milter/ctl/file_access.h"
#include "milter/ctl/postfix_view.h"
#include "milter/ctl/probe.h"
#include "milter/ctl/process.h"
#include "smtpapi/parse.h"
#include "store/open_store.h"

namespace smtpapi::ctl {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path)) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void read_account(const std::string& path, Facts& facts) {
  ++facts.account_files;
  const auto text = read_file(path);
  if (!text) {
    facts.account_mistakes.push_back(path + ": cannot be read");
    return;
  }
  const ParsedFilters parsed = parse_account_settings(*text);
  const auto place = [&](const Remark& remark) {
    return fmt::format("{}:{}:{}: {}", path, remark.place.line, remark.place.column, remark.text);
  };
  for (const Remark& problem : parsed.problems) facts.account_mistakes.push_back(place(problem));
  for (const Remark& warning : parsed.warnings) facts.account_warnings.push_back(place(warning));
}

/// A queue that runs claims what is due within a second, or is busy with others.
std::size_t copies_left(Store& store, Time now) {
  const auto counts = store.counts(now - std::chrono::minutes(1));
  return counts && counts->runners == 0 ? counts->due : 0;
}

void try_store(Facts& facts) {
  constexpr std::string_view scheme = "sqlite://";
  const std::string& url = facts.settings.store_url;
  if (url.starts_with(scheme)) facts.store.path = url.substr(scheme.size());
  auto store = open_store(url, StoreAccess::existing);
  if (!store) {
    facts.store.error = store.error().text;
  } else if (const Status good = (*store)->check(); !good) {
    facts.store.error = good.error().text;
  } else {
    facts.store.left = copies_left(**store, SystemClock().now());
  }
  std::error_code error;
  if (!facts.store.path.empty()) {
    const auto space = fs::space(fs::path(facts.store.path).parent_path(), error);
    if (!error) facts.store.free_bytes = space.available;
    if (const auto who = credentials_of(facts.settings.user)) {
      const fs::path file = facts.store.path;
      facts.store.blocked_at =
          blocked_at(*who, file.parent_path(), may_read | may_write | may_search);
      if (facts.store.blocked_at.empty())
        facts.store.blocked_at = blocked_at(*who, file, may_read | may_write);
    }
  }
}

void try_sockets(const PostfixView& postfix, Facts& facts) {
  const auto who = credentials_of(std::string(postfix.config.get("mail_owner")));
  for (const MilterUse& use : postfix.milters) {
    if (!use.is_ours || !use.address) continue;
    const std::string root =
        use.service->is_chrooted ? std::string(postfix.config.get("queue_directory")) : "/";
    facts.sockets.emplace(text(*use.address), try_socket(*use.address, who, root));
  }
}

void ask_tables(const PostfixConfig& config, Facts& facts) {
  const auto postmap = find_program("postmap");
  if (!postmap) return;
  std::vector<std::string> tables = parse_tables(config.get("smtp_header_checks"));
  for (const PostfixService& service : config.services) {
    if (service.program != "cleanup") continue;
    for (std::string& table : header_tables(config, service)) tables.push_back(std::move(table));
  }
  for (const std::string& table : tables) {
    if (facts.header_actions.contains(table) || facts.unasked_tables.contains(table)) continue;
    const auto said = run_process(
        {*postmap, "-c", config.folder, "-q", "X-SMTPAPI: {\"to\": [\"a@example.org\"]}", table});
    // Status 1 without a word is "not found".
    if (!said)
      facts.unasked_tables.emplace(table, said.error().text);
    else if (said->status != 0 && !said->err.empty())
      facts.unasked_tables.emplace(table, printable(trim(said->err)));
    else
      facts.header_actions.emplace(table, trim(said->out));
  }
}

void try_programs(const PostfixConfig& config, Facts& facts) {
  for (const PostfixService& service : config.services) {
    const auto at = service.arguments.find("argv=");
    if (service.program != "pipe" || at == std::string::npos) continue;
    const auto argv = words(std::string_view(service.arguments).substr(at + 5));
    if (argv.empty()) continue;
    const std::string program(argv.front());
    facts.programs[program] = access(program.c_str(), X_OK) == 0;
  }
}

void try_login_sockets(const PostfixView& postfix, Facts& facts) {
  const auto who = credentials_of(std::string(postfix.config.get("mail_owner")));
  const std::string queue(postfix.config.get("queue_directory"));
  for (const PostfixService* service : postfix.smtpds) {
    if (postfix.config.get(*service, "smtpd_sasl_auth_enable") != "yes" ||
        postfix.config.get(*service, "smtpd_sasl_type") != "dovecot")
      continue;
    const std::string path = postfix.login_socket(*service);
    if (path.empty() || facts.login_sockets.contains(path)) continue;
    // It is not for everybody: who may not ask it cannot know.
    if (access(path.c_str(), W_OK) != 0 && errno == EACCES) continue;
    facts.login_sockets.emplace(
        path, try_socket({path, {}, {}}, who, service->is_chrooted ? queue : "/"));
  }
}

}  // namespace

void read_accounts(Facts& facts) {
  if (!facts.settings.account_settings.empty())
    read_account(facts.settings.account_settings, facts);
  const std::string& folder = facts.settings.account_by_login;
  if (folder.empty()) return;
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  if (error) facts.account_mistakes.push_back(folder + ": " + error.message());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) read_account(file, facts);
}

bool has_user(const Settings& settings) {
  return settings.user.empty() || getpwnam(settings.user.c_str());
}

Result<PostfixConfig> read_postfix_config(const std::string& folder) {
  const auto postconf = find_program("postconf");
  if (!postconf) return unavailable("there is no postconf");
  std::string texts[3];
  const std::vector<std::string> questions[] = {{"-x"}, {"-M"}, {"-P", "-x"}};
  for (std::size_t i = 0; i < std::size(questions); ++i) {
    std::vector<std::string> command = {*postconf};
    if (!folder.empty()) command.insert(command.end(), {"-c", folder});
    command.insert(command.end(), questions[i].begin(), questions[i].end());
    auto said = run_process(command);
    if (!said) return std::move(said).error();
    if (said->status != 0) return unavailable(printable(trim(said->err)));
    texts[i] = std::move(said->out);
  }
  PostfixConfig config = parse_postfix_config(texts[0], texts[1], texts[2]);
  config.folder = folder.empty() ? std::string(config.get("config_directory")) : folder;
  return config;
}

Facts collect_facts(const Settings& settings, std::vector<std::string> config_mistakes,
                    const Places& places) {
  Facts facts;
  facts.settings = settings;
  facts.config_mistakes = std::move(config_mistakes);
  facts.sendmail_file = places.sendmail_file;
  facts.has_user = has_user(settings);
  read_accounts(facts);
  try_store(facts);
  if (facts.config_mistakes.empty()) {
    facts.key_file = look_at_key_file(settings);
    facts.api_keys = look_at_api_keys(settings);
    facts.tracking = look_at_tracking(settings);
    facts.logs = look_at_logs(settings);
  }
  facts.clock_is_in_step = is_clock_in_step();
  const auto greet = [&](const std::string& server) {
    if (!facts.listeners.contains(server))
      facts.listeners.emplace(server, try_listener(server, settings.hostname));
  };
  greet(settings.inject_server);
  for (const auto& [name, server] : settings.inject_pools) greet(server);

  if (places.is_sendmail) {
    facts.postfix_error = "not looked for";
  } else if (auto config = read_postfix_config(places.postfix_folder)) {
    facts.postfix = *std::move(config);
    ask_tables(*facts.postfix, facts);
    try_programs(*facts.postfix, facts);
    const PostfixView view(facts);
    try_sockets(view, facts);
    try_login_sockets(view, facts);
    facts.return_path = look_at_return_path(settings, *facts.postfix);
    facts.spool = look_at_disk(std::string(facts.postfix->get("queue_directory")));
    return facts;
  } else {
    facts.postfix_error = config.error().text;
  }
  look_at_sendmail(places.sendmail_file, facts);
  return facts;
}

}  // namespace smtpapi::ctl
