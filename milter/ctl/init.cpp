// smtpapictl init: makes the store and the key file, once.
#include <fcntl.h>
#include <fmt/ostream.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/random_id.h"
#include "milter/ctl/command.h"
#include "milter/daemon.h"
#include "store/open_store.h"

namespace smtpapi::ctl {
namespace {

namespace fs = std::filesystem;

std::string reason() { return strerror(errno); }

/// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

class Init {
 public:
  /// `owner`: who shall have what is made; nothing: whoever we are.
  Init(const Call& call, std::optional<UserId> owner) : call_(call), owner_(owner) {}

  /// `path` and the folders above it. Only what is made is given away: an existing folder may serve
  /// others too.
  Status make_folder(const fs::path& path) {
    std::error_code error;
    if (path.empty() || fs::is_directory(path, error)) return ok();
    if (path.has_parent_path() && path.has_relative_path()) {
      fs::create_directories(path.parent_path(), error);
      if (error) return invalid(path.parent_path().string() + ": " + error.message());
    }
    if (mkdir(path.c_str(), 0700) != 0 ||
        (owner_ && lchown(path.c_str(), owner_->user, owner_->group) != 0))
      return invalid(path.string() + ": " + reason());
    report(path.string(), "made");
    return ok();
  }

  /// 256 random bits on one line, for nobody else to read.
  Status make_key(const std::string& path) {
    Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open() && errno == EEXIST) {
      report(path, "there already");
      return ok();
    }
    const std::string key = random_id() + random_id() + "\n";
    if (!file.is_open() ||
        write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
        fsync(file.get()) != 0 ||
        (owner_ && fchown(file.get(), owner_->user, owner_->group) != 0)) {
      const Error error = invalid(path + ": " + reason());
      if (file.is_open()) unlink(path.c_str());  // half a key is worse than none
      return error;
    }
    report(path, "made");
    return ok();
  }

  /// Gives the files of an existing store to the owner. Nothing but plain files with one name is
  /// touched: whoever may write the folder cannot have another file given away.
  Status give_away_store(const std::string& path) {
    if (!owner_) return ok();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      const std::string name = path + suffix;
      Descriptor file(open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      struct stat facts {};
      if (!file.is_open() && errno == ENOENT) continue;
      if (!file.is_open() || fstat(file.get(), &facts) != 0) return invalid(name + ": " + reason());
      if (facts.st_uid == owner_->user && facts.st_gid == owner_->group) continue;
      if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1)
        return invalid(name + ": is no plain file");
      if (fchown(file.get(), owner_->user, owner_->group) != 0)
        return invalid(name + ": " + reason());
      report(name, "given to " + call_.settings.user);
    }
    return ok();
  }

  Status make_store(const std::string& path) {
    std::error_code error;
    const bool was_there = !path.empty() && fs::exists(path, error);
    const auto store = open_store(call_.settings.store_url, StoreAccess::create);
    if (!store) return store.error();
    report(path.empty() ? call_.settings.store_url : path, was_there ? "there already" : "made");
    return ok();
  }

 private:
  void report(std::string_view what, std::string_view happened) {
    fmt::print(call_.out, "{}: {}\n", what, happened);
  }

  const Call& call_;
  const std::optional<UserId> owner_;
};

/// "" when the store is no file.
std::string store_file(const std::string& url) {
  constexpr std::string_view scheme = "sqlite://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : std::string();
}

int init(const Call& call) {
  const Settings& settings = call.settings;
  std::optional<UserId> owner;
  if (geteuid() == 0 && !settings.user.empty()) {
    const auto user = find_user(settings.user);
    if (!user) return call.fail(EX_CONFIG, user.error().text);
    owner = *user;
  }

  Init init(call, owner);
  const std::string store = store_file(settings.store_url);
  const std::string& key = settings.tracking_key_file;
  const auto prepare = [&]() -> Status {
    if (Status made = init.make_folder(fs::path(store).parent_path()); !made) return made;
    if (Status given = init.give_away_store(store); !given) return given;
    if (key.empty()) return ok();
    if (Status made = init.make_folder(fs::path(key).parent_path()); !made) return made;
    return init.make_key(key);
  };
  if (const Status ready = prepare(); !ready) return call.fail(EX_CANTCREAT, ready.error().text);

  // The store is made by who will use it, so that it is found out now if they cannot.
  if (owner) {
    if (const Status became = become_user(settings.user); !became)
      return call.fail(EX_CONFIG, became.error().text);
  }
  if (const Status made = init.make_store(store); !made)
    return call.fail(EX_TEMPFAIL, made.error().text);
  return EX_OK;
}

}  // namespace

const Command init_command = {
    "init",
    "",
    0,
    0,
    "Makes the store and, if configured, the key file",
    {},
    R"(The key file is that of tracking.key-file. What is there already is left as it
is, but an older store is brought up to date. Run as root, all is given to
daemon.user.)",
    init};

}  // namespace smtpapi::ctl
