// smtpapictl key: the API keys with which applications log in.
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "milter/ctl/api_key.h"
#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/key_file.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr Option file_option = {"--file", "FILE", "the keys; default: keys beside smtpapi.conf"};

constexpr std::array add_options = {
    Option{"--name", "TEXT", "what it is for, at most 100 octets"},
    file_option,
    Option{"--json", "", "one object, for programs"},
};
constexpr std::array list_options = {
    Option{"--account", "NAME", "only the keys of this account"},
    file_option,
    Option{"--json", "", "one object a line, for programs"},
};
constexpr std::array revoke_options = {
    file_option,
    Option{"--json", "", "one object, for programs"},
};
constexpr std::array check_options = {file_option};

std::string file_of(const Call& call) {
  if (const auto file = call.arguments.value("--file")) return *file;
  return usual_key_file(call.settings.config_file);
}

void write_key(JsonWriter& json, const StoredKey& key) {
  json.member("id", key.id);
  json.member("account", key.account);
  json.member("name", key.name);
  json.member("created", static_cast<std::int64_t>(key.created.time_since_epoch().count()));
}

int add(const Call& call) {
  const std::string& account = call.arguments.operands()[0];
  const std::string name(trim(call.arguments.value("--name").value_or("")));
  if (const Status good = check_account_name(account); !good)
    return call.fail(EX_USAGE, good.error().text);
  if (const Status good = check_key_name(name); !good)
    return call.fail(EX_USAGE, good.error().text);
  const ApiKey key = make_api_key();
  const StoredKey stored{key.id, hash_api_key(key.text()), account, name, call.clock.now()};
  const std::string file = file_of(call);
  const Status kept = edit_keys(file, [&](std::vector<std::string>& lines) {
    lines.push_back(key_line(stored));
    return true;
  });
  if (!kept) return call.fail(EX_CANTCREAT, kept.error().text);
  if (call.arguments.has("--json")) {
    JsonWriter json(call.out);
    json.begin_object();
    write_key(json, stored);
    json.member("user", key_user);
    json.member("key", key.text());
    json.end_object();
    json.end_line();
  } else {
    fmt::print(call.out,
               "key {} of account {} added to {}\n\nuser name: {}\npassword:  {}\n\nThis is the "
               "only time that it is shown.\n",
               key.id, account, file, key_user, key.text());
  }
  return EX_OK;
}

int list(const Call& call) {
  const auto keys = read_keys(file_of(call));
  if (!keys) return call.fail(EX_NOINPUT, keys.error().text);
  const auto account = call.arguments.value("--account");
  const bool is_json = call.arguments.has("--json");
  Table table({{"ID"}, {"ACCOUNT"}, {"CREATED"}, {"NAME"}});
  bool is_any = false;
  for (const StoredKey& key : *keys) {
    if (account && key.account != *account) continue;
    is_any = true;
    if (is_json) {
      JsonWriter json(call.out);
      json.begin_object();
      write_key(json, key);
      json.end_object();
      json.end_line();
    } else {
      table.add({key.id, key.account, local_time(key.created), shown(key.name)});
    }
  }
  if (!is_json) call.out << (is_any ? table.text() : std::string("no keys\n"));
  return EX_OK;
}

int revoke(const Call& call) {
  std::vector<std::string> wanted;
  for (const std::string& operand : call.arguments.operands()) {
    const auto key = parse_api_key(operand);
    if (!key && !is_key_id(operand))
      return call.fail(EX_USAGE, fmt::format("'{}' is no key's ID: 'smtpapictl key list' has them",
                                             printable(operand, 12)));
    wanted.push_back(key ? key->id : operand);
  }
  std::vector<std::string> gone;
  const Status done = edit_keys(file_of(call), [&](std::vector<std::string>& lines) {
    std::erase_if(lines, [&](const std::string& line) {
      const auto key = parse_key_line(line);
      if (!key || std::find(wanted.begin(), wanted.end(), key->id) == wanted.end()) return false;
      gone.push_back(key->id);
      return true;
    });
    return !gone.empty();
  });
  if (!done) return call.fail(EX_CANTCREAT, done.error().text);
  std::vector<std::string> unknown;
  for (const std::string& id : wanted)
    if (std::find(gone.begin(), gone.end(), id) == gone.end()) unknown.push_back(id);
  if (call.arguments.has("--json")) {
    JsonWriter json(call.out);
    json.begin_object();
    json.strings("revoked", gone);
    json.strings("unknown", unknown);
    json.end_object();
    json.end_line();
  } else {
    for (const std::string& id : gone) fmt::print(call.out, "key {} revoked\n", id);
    for (const std::string& id : unknown) call.fail(0, fmt::format("there is no key {}", id));
  }
  return unknown.empty() ? EX_OK : found_fault;
}

/// As a program that is handed a password writes it: up to a NUL or a line end.
std::string read_password(std::istream& in) {
  std::string text(256, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text.substr(0, text.find_first_of(std::string_view("\0\r\n", 3)));
}

int check(const Call& call) {
  std::string user(key_user);
  if (!call.arguments.operands().empty())
    user = call.arguments.operands()[0];
  else if (const char* const told = std::getenv("PAM_USER"))
    user = told;
  const auto key = parse_api_key(read_password(call.in));
  const auto keys = read_keys(file_of(call));
  if (!keys) return call.fail(EX_NOINPUT, keys.error().text);
  for (const StoredKey& stored : *keys) {
    if (!key || stored.id != key->id || !is_hash_of(stored.hash, key->text())) continue;
    if (user != key_user && user != stored.account) continue;
    fmt::print(call.out, "{}\n", stored.account);
    return EX_OK;
  }
  return call.fail(found_fault, "no such key");
}

constexpr std::array commands = {
    Command{"key add", "ACCOUNT", 1, 1, "Makes an API key and shows it, once", add_options,
            R"(The application logs in with the user name apikey and the key as its password;
the MTA then knows it as ACCOUNT, whose settings are those of account.by-login.
Only a salted hash is kept.)",
            add},
    Command{"key list", "", 0, 0, "Lists API keys, not what they are", list_options, {}, list},
    Command{"key revoke", "ID...", 1, 1000, "Takes API keys away; the next login fails",
            revoke_options, "An ID as listed, or the whole key.", revoke},
    Command{"key check", "[USER]", 0, 1, "Tells whose key stands on standard input", check_options,
            R"(Exit status 0 and the account's name, or 1. USER is apikey, which is also the
default, or the account itself; under pam_exec(8) it is that of PAM_USER.)",
            check},
};

}  // namespace

std::span<const Command> key_commands() { return commands; }

}  // namespace smtpapi::ctl
