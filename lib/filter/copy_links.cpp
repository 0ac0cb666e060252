#include "filter/copy_links.h"

#include "base/text.h"
#include "track/urls.h"

namespace smtpapi {

void CopyLinks::begin(std::string_view submission_id, std::size_t index, std::string_view recipient,
                      std::optional<std::int64_t> group, std::vector<std::int64_t> groups) {
  for (Link* link : {&link_, &click_}) {
    link->submission_id = submission_id;
    link->index = index;
    link->recipient = recipient;
    link->group = group;
  }
  groups_ = std::move(groups);
  click_.kind = LinkKind::click;
  tracked_ = 0;
  has_pixel_ = false;
}

void CopyLinks::begin_text(LinkType type) {
  click_.type = type;
  click_.place = 0;
}

bool CopyLinks::is_ours(std::string_view url) const {
  if (!tracking_ || !url.starts_with(tracking_->url)) return false;
  url.remove_prefix(tracking_->url.size());
  return kind_of(url.substr(0, url.find('?'))).has_value();
}

bool CopyLinks::append_link(std::string& out, std::string_view url, bool exempt, bool universal) {
  const std::size_t place = click_.place++;
  const bool covers = click_.type == LinkType::text ? rules_.click_text : rules_.click;
  bool tracked = tracking_ && covers && !exempt && tracked_ < max_tracked;
  bool changed = false;
  if (rules_.utm) {
    target_.clear();
    changed = append_with_utm(target_, url, utm_);
    url = target_;
  }
  if (tracked) {
    click_.url = url;
    tracked = LinkKeys::token_size(click_) <= LinkKeys::max_token;
  }
  if (!tracked) {
    if (changed) out += url;
    return changed;
  }
  ++tracked_;
  click_.place = place;
  out += tracking_->url;
  out += path_of(LinkKind::click, universal);
  tracking_->keys.append_token(out, click_);
  click_.place = place + 1;
  return true;
}

void CopyLinks::append_url(std::string& out, LinkKind kind) {
  link_.kind = kind;
  link_.groups.clear();
  if (kind == LinkKind::preferences) link_.groups = groups_;
  out += tracking_->url;
  out += path_of(kind);
  tracking_->keys.append_token(out, link_);
}

}  // namespace smtpapi
