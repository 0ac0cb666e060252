// The URLs of ours in one copy.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/utm.h"
#include "track/link.h"
#include "track/tracking.h"

namespace smtpapi {

/// What is done to the links of a submission.
struct LinkRules {
  bool click = false;       ///< clicktrack, in HTML
  bool click_text = false;  ///< and in text (CLICK-2)
  bool utm = false;         ///< ganalytics

  bool touch_html() const { return click || utm; }
  bool touch_text() const { return click_text; }  ///< GA-3
};

/// Makes the links of one copy; not thread-safe. What it refers to must outlive it.
class CopyLinks {
 public:
  static constexpr std::size_t max_tracked = 1'000;  ///< CLICK-8

  /// `tracking` null: no links of ours, parameters only.
  CopyLinks(const Tracking* tracking, const LinkRules& rules)
      : tracking_(tracking), rules_(rules) {}

  /// Whose copy the links are, and of which submission. `groups`: for the preferences page.
  void begin(std::string_view submission_id, std::size_t index, std::string_view recipient,
             std::optional<std::int64_t> group = {}, std::vector<std::int64_t> groups = {});
  void set_utm(std::vector<EncodedUtm> utm) { utm_ = std::move(utm); }

  /// The next text of the copy: its links count from 0 (CLICK-11).
  void begin_text(LinkType type);

  /// Appends what the link to `url` becomes. False when it stays as it is; nothing is appended
  /// then.
  bool append_link(std::string& out, std::string_view url, bool exempt, bool universal);
  /// Appends the URL of an endpoint of ours. `tracking` must not be null.
  void append_url(std::string& out, LinkKind kind);
  /// `url` is one of an endpoint of ours (CLICK-7): no link to count.
  bool is_ours(std::string_view url) const;

  bool has_group() const { return link_.group.has_value(); }
  /// True once in a copy: who asks first has the pixel (OPEN-5).
  bool claim_pixel() { return !std::exchange(has_pixel_, true); }
  const LinkRules& rules() const { return rules_; }

 private:
  const Tracking* tracking_;
  LinkRules rules_;
  std::vector<EncodedUtm> utm_;
  Link link_;   ///< filled anew for each URL, so that its strings keep their memory
  Link click_;  ///< the same for clicks
  std::vector<std::int64_t> groups_;
  std::string target_;  ///< scratch
  std::size_t tracked_ = 0;
  bool has_pixel_ = false;
};

}  // namespace smtpapi
