#include "milter/ctl/links.h"

#include <ostream>

#include "base/random_id.h"

namespace smtpapi::ctl {

LinkSettings links_to_show(const Call& call) {
  auto links = link_settings(call.settings);
  if (links) return *std::move(links);
  call.err << "links are sealed with a made-up key: " << links.error().text << '\n';
  Settings without = call.settings;
  without.tracking_url.clear();
  LinkSettings made_up = *link_settings(without);
  made_up.tracking = std::make_shared<const Tracking>(call.settings.tracking_url,
                                                      *LinkKeys::parse(random_id() + random_id()));
  return made_up;
}

}  // namespace smtpapi::ctl
