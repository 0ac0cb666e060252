#include "track/urls.h"

#include <array>

namespace smtpapi {
namespace {

constexpr std::string_view query = "?upn=";

struct Path {
  LinkKind kind;
  std::string_view path;  ///< with query
};

constexpr std::array<Path, 7> paths = {{{LinkKind::click, "/ls/click?upn="},
                                        {LinkKind::click, "/uni/ls/click?upn="},
                                        {LinkKind::open, "/wf/open?upn="},
                                        {LinkKind::unsubscribe, "/wf/unsubscribe?upn="},
                                        {LinkKind::group_unsubscribe, "/asm/unsubscribe/?upn="},
                                        {LinkKind::preferences, "/asm/?upn="},
                                        {LinkKind::trap, "/ls/trap?upn="}}};

std::string_view without_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::string_view path_of(LinkKind kind, bool universal) {
  if (kind == LinkKind::click && universal) return paths[1].path;
  for (const Path& path : paths) {
    if (path.kind == kind) return path.path;
  }
  return {};
}

std::optional<LinkKind> kind_of(std::string_view path) {
  for (const Path& known : paths) {
    const std::string_view bare = known.path.substr(0, known.path.size() - query.size());
    if (without_slash(bare) == without_slash(path)) return known.kind;
  }
  return std::nullopt;
}

}  // namespace smtpapi
