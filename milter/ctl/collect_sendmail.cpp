#include "milter/ctl/collect_sendmail.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "milter/ctl/probe.h"

namespace smtpapi::ctl {
namespace {

namespace fs = std::filesystem;

/// The first folder above `path` that is writable for its group or for all (SM-4); "" none.
std::string unsafe_folder(const fs::path& path) {
  for (fs::path folder = path.parent_path();; folder = folder.parent_path()) {
    struct stat status {};
    if (stat(folder.c_str(), &status) == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      return folder.string();
    if (folder == folder.parent_path()) return "";
  }
}

}  // namespace

void look_at_sendmail(const std::string& file, Facts& facts) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  if (!in || fs::is_directory(file, error)) return;
  facts.sendmail.emplace(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  const auto ours = libmilter_address(facts.settings.milter_socket);
  if (!ours) return;
  facts.sockets.emplace(text(*ours), try_socket(*ours, std::nullopt, "/"));
  if (ours->is_unix()) facts.sendmail_unsafe_folder = unsafe_folder(ours->path);
}

}  // namespace smtpapi::ctl
