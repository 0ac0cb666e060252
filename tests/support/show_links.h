// Links of ours as what they hold, so that texts with tokens can be compared.
#pragma once

#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "track/tracking.h"
#include "track/urls.h"

namespace smtpapi {

inline std::string show_link(const Link& link, bool is_universal) {
  const std::string group = link.group ? " " + std::to_string(*link.group) : "";
  switch (link.kind) {
    case LinkKind::click:
      return (is_universal ? "uni " : "") + std::string(to_string(link.type)) +
             std::to_string(link.place) + " " + link.url;
    case LinkKind::open:
      return "open";
    case LinkKind::unsubscribe:
      return "leave all";
    case LinkKind::group_unsubscribe:
      return "leave" + group;
    case LinkKind::preferences:
      return "preferences" + group;
    case LinkKind::trap:
      return "trap";
  }
  return "?";
}

/// `text` with each URL of ours as "{...}". `check` is called with each link.
template <class Check>
std::string show_links(const Tracking& tracking, const std::string& text, Check check) {
  const std::regex ours(R"((/[a-z/]*)(\?upn=)([A-Za-z0-9_-]+))");
  std::string shown;
  std::size_t done = 0;
  for (auto at = text.find(tracking.url); at != std::string::npos;
       at = text.find(tracking.url, done)) {
    shown += text.substr(done, at - done);
    done = at + tracking.url.size();
    std::smatch found;
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(done);
    if (!std::regex_search(begin, text.end(), found, ours,
                           std::regex_constants::match_continuous)) {
      shown += tracking.url;
      continue;
    }
    const auto link = tracking.keys.open(found[3].str());
    EXPECT_TRUE(link) << found.str();
    if (!link) continue;
    EXPECT_EQ(kind_of(found[1].str()), link->kind);
    check(*link);
    shown += "{" + show_link(*link, found[1].str().starts_with("/uni")) + "}";
    done += static_cast<std::size_t>(found.length());
  }
  return shown + text.substr(done);
}

}  // namespace smtpapi
