// What the operator has set up for links.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "track/keys.h"
#include "track/return_path.h"

namespace smtpapi {

/// Immutable, shared by threads.
struct Tracking {
  std::string url;  ///< public base, without "/" at its end
  LinkKeys keys;

  Tracking(std::string the_url, LinkKeys the_keys)
      : url(std::move(the_url)), keys(std::move(the_keys)) {}
};

/// Settings of filters that are the operator's and not the account's.
struct FilterOptions {
  std::string utm_source = "sendgrid.com";  ///< where ganalytics names none (GA-2)
  bool gravatar = false;                    ///< GRAV-2
  bool trap_link = false;                   ///< each HTML body gets one
};

/// How the links and images of a submission's copies are made, and where their bounces go.
struct LinkSettings {
  std::shared_ptr<const Tracking> tracking = {};  ///< null: no links of ours
  FilterOptions options = {};
  std::shared_ptr<const ReturnPaths> return_paths = {};  ///< null: bounces go to the client
};

}  // namespace smtpapi
