// One request to the tracking endpoint, and how its pages are answered.
#pragma once

#include <memory>
#include <string>

#include "job/tracking.h"
#include "track/link.h"

namespace smtpapi {

struct TrackingEndpoint::Visit {
  const HttpRequest& request;
  std::shared_ptr<const TrackingSetup> setup;
  Link link;

  /// Address of who asks, "" if it is not known.
  std::string client() const;
  Visitor visitor(Time now) const;
  HttpResponse page(unsigned status, PageName name, const PageValues& values = {}) const;
};

}  // namespace smtpapi
