#include "milter/ctl/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "base/text.h"
#include "milter/ctl/api_key.h"
#include "milter/options.h"

namespace smtpapi::ctl {
namespace {

Error failed(const std::string& path) {
  return unavailable(fmt::format("{}: {}", path, strerror(errno)));
}

bool is_alphanumeric(char c) {
  return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || (c >= '0' && c <= '9');
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  const int fd_;
};

/// Nothing when there is no file.
Result<std::optional<std::string>> read_text(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<std::string>();
  if (!file) return failed(path);
  std::string text;
  char block[16384];
  for (ssize_t got; (got = read(file.get(), block, sizeof block)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path);
    text.append(block, static_cast<std::size_t>(got));
  }
  return std::optional(std::move(text));
}

/// Owner and mode of the old file, or those of a new one. Dovecot tells a new file from the old by
/// size and whole seconds: changed twice in one second, it is given the next.
Status adorn(int fd, const std::string& path) {
  struct stat old {};
  if (stat(path.c_str(), &old) == 0) {
    const timespec times[] = {{0, UTIME_OMIT},
                              {std::max(old.st_mtim.tv_sec + 1, time(nullptr)), 0}};
    if (futimens(fd, times) != 0) return failed(path);
    if (fchown(fd, old.st_uid, old.st_gid) != 0 && geteuid() == 0) return failed(path);
    return fchmod(fd, old.st_mode & 07777) == 0 ? ok() : Status(failed(path));
  }
  const group* const dovecot = getgrnam("dovecot");
  if (!dovecot || geteuid() != 0) return ok();  // 0600, as it was made
  if (fchown(fd, 0, dovecot->gr_gid) != 0 || fchmod(fd, 0640) != 0) return failed(path);
  return ok();
}

Status write_text(const std::string& path, std::string_view text) {
  const std::string half = path + ".new";
  unlink(half.c_str());
  Status done = ok();
  {
    const Descriptor file(open(half.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return failed(half);
    while (done && !text.empty()) {
      const ssize_t put = write(file.get(), text.data(), text.size());
      if (put < 0 && errno != EINTR) done = failed(half);
      if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (done) done = adorn(file.get(), path);
    if (done && fsync(file.get()) != 0) done = failed(half);
  }
  if (done && rename(half.c_str(), path.c_str()) != 0) done = failed(path);
  if (!done) unlink(half.c_str());
  return done;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  if (lines.back().empty()) lines.pop_back();  // behind the last line end
  return lines;
}

}  // namespace

std::string usual_key_file(const std::string& config_file) {
  const std::filesystem::path config = config_file.empty() ? default_config_file : config_file;
  return (config.parent_path() / "keys").string();
}

Status check_account_name(std::string_view account) {
  constexpr std::size_t longest = 64;
  const bool is_good =
      !account.empty() && account.size() <= longest && account[0] != '.' && account[0] != '-' &&
      std::all_of(account.begin(), account.end(), [](char c) {
        return is_alphanumeric(c) || std::string_view("._@+-").find(c) != std::string_view::npos;
      });
  if (is_good) return ok();
  return invalid(
      fmt::format("'{}' is no account: 1 to {} of A-Z a-z 0-9 . _ @ + -, the first of them a "
                  "letter or digit",
                  printable(account, 80), longest));
}

Status check_key_name(std::string_view name) {
  constexpr std::size_t longest = 100;
  if (name.size() <= longest && is_utf8(name) && !has_controls(name) &&
      name.find(':') == std::string_view::npos)
    return ok();
  return invalid(fmt::format("a key's name is at most {} octets without a colon", longest));
}

std::string key_line(const StoredKey& key) {
  return fmt::format("{}.{}:{}:::{}{}{}:::user={}", key_user, key.id, key.hash,
                     key.created.time_since_epoch().count(), key.name.empty() ? "" : " ", key.name,
                     key.account);
}

std::optional<StoredKey> parse_key_line(std::string_view line) {
  const auto fields = split(trim(line), ':');
  const std::string prefix = std::string(key_user) + ".";
  if (fields.size() != 8 || !fields[0].starts_with(prefix)) return std::nullopt;
  StoredKey key;
  key.id = fields[0].substr(prefix.size());
  key.hash = fields[1];
  for (const std::string_view word : words(fields[7]))
    if (word.starts_with("user=")) key.account = word.substr(5);
  if (!is_key_id(key.id) || key.account.empty()) return std::nullopt;
  const std::string_view note = fields[4];
  const auto blank = note.find(' ');
  key.created = Time(std::chrono::seconds(to_integer(note.substr(0, blank)).value_or(0)));
  if (blank != std::string_view::npos) key.name = note.substr(blank + 1);
  return key;
}

Result<std::vector<StoredKey>> read_keys(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return text.error();
  std::vector<StoredKey> keys;
  for (const std::string& line : lines_of(text->value_or("")))
    if (auto key = parse_key_line(line)) keys.push_back(*std::move(key));
  return keys;
}

Status edit_keys(const std::string& path,
                 const std::function<bool(std::vector<std::string>& lines)>& edit) {
  // The folder is what is locked: the file itself is replaced.
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  const Descriptor lock(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || flock(lock.get(), LOCK_EX) != 0) return failed(folder);
  const auto text = read_text(path);
  if (!text) return text.error();
  std::vector<std::string> lines = lines_of(text->value_or(""));
  if (!edit(lines)) return ok();
  std::string changed;
  for (const std::string& line : lines) changed += line + "\n";
  if (Status written = write_text(path, changed); !written) return written;
  return fsync(lock.get()) == 0 ? ok() : Status(failed(folder));
}

}  // namespace smtpapi::ctl
