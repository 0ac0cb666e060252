#include "milter/ctl/links.h"

#include <ostream>

#include "base/random_id.h"

namespace smtpapi::ctl {

LinkSettings links_to_show(const Call& call) {
  auto links = link_settings(call.settings);
  if (links) return *std::move(links);
  call.err << "links and return paths are sealed with a made-up key: " << links.error().text
           << '\n';
  Settings without = call.settings;
  without.tracking_url.clear();
  without.inject_return_path.clear();
  LinkSettings made_up = *link_settings(without);
  const auto secrets = Secrets::parse(random_id() + random_id());
  if (!call.settings.tracking_url.empty())
    made_up.tracking =
        std::make_shared<const Tracking>(call.settings.tracking_url, LinkKeys(*secrets));
  if (!call.settings.inject_return_path.empty())
    made_up.return_paths = std::make_shared<const ReturnPaths>(
        *ReturnPaths::make(call.settings.inject_return_path, *secrets));
  return made_up;
}

}  // namespace smtpapi::ctl
