#include "milter/milter_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace smtpapi {
namespace {

/// The path of a UNIX socket in libmilter's syntax (LM-10); "" for any other.
std::string path_of(const std::string& socket) {
  for (const std::string_view prefix : {"unix:", "local:"})
    if (socket.compare(0, prefix.size(), prefix) == 0) return socket.substr(prefix.size());
  return socket.compare(0, 1, "/") == 0 ? socket : "";
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

/// What keeps us from the socket that is there; "" for nothing.
const char* occupied(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return "";
  const bool answers = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  const int error = answers ? 0 : errno;
  close(fd);
  if (error == ECONNREFUSED || error == ENOENT) return "";
  if (error == EACCES)
    return "the socket is another user's: end the program that listens there, or remove the file";
  return "another program listens there";  // a full backlog (EAGAIN) is one too
}

}  // namespace

Status check_milter_socket(const std::string& socket) {
  const std::string path = path_of(socket);
  if (path.empty()) return ok();
  const auto wrong = [&](const std::string& text) {
    return invalid(fmt::format("milter.socket {}: {}", socket, text));
  };
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return wrong(fmt::format("the path is longer than {}", sizeof(sockaddr_un::sun_path) - 1));
  struct stat status;
  if (stat(folder_of(path).c_str(), &status) != 0)
    return wrong(fmt::format("folder {}: {}", folder_of(path), strerror(errno)));
  if (lstat(path.c_str(), &status) != 0) return ok();
  if (!S_ISSOCK(status.st_mode)) return wrong("there is a file of that name that is no socket");
  if (const std::string_view by = occupied(path); !by.empty()) return wrong(std::string(by));
  return ok();
}

Status give_milter_socket(const std::string& socket, const UserId& owner) {
  const std::string path = path_of(socket);
  if (path.empty() || geteuid() != 0) return ok();
  struct stat folder {};
  const bool folder_rules = stat(folder_of(path).c_str(), &folder) == 0 && folder.st_mode & S_ISGID;
  const gid_t group = folder_rules ? static_cast<gid_t>(-1) : owner.group;
  if (lchown(path.c_str(), owner.user, group) != 0)
    return invalid(fmt::format("milter.socket {}: chown: {}", socket, strerror(errno)));
  return ok();
}

}  // namespace smtpapi
