// The public endpoint: clicks, opens, and leaving lists (TRK-1 to TRK-9).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "job/hits.h"
#include "job/pages.h"
#include "job/subscriptions.h"
#include "net/http_server.h"
#include "net/url_form.h"
#include "store/suppressions.h"
#include "track/keys.h"

namespace smtpapi {

/// What a reload replaces, all at once. Immutable.
struct TrackingSetup {
  LinkKeys keys;
  Pages pages;
  std::string url;                   ///< public base, no "/" at its end
  std::vector<std::string> proxies;  ///< whose X-Forwarded-For counts
  bool unsubscribe_on_get = false;   ///< TRK-7
};

/// Answers what comes over our links. Redirects and pixels need no store: they are answered at
/// once, and their hits handed to `record` (TRK-5). Thread-safe.
class TrackingEndpoint final : public HttpHandler {
 public:
  using Record = std::function<void(Hit)>;  ///< must return at once

  /// What is referred to must outlive it.
  TrackingEndpoint(std::shared_ptr<const TrackingSetup> setup, Suppressions& suppressions,
                   Record record, const Clock& clock);

  void replace(std::shared_ptr<const TrackingSetup> setup);
  /// Whether connections from there are a proxy's.
  bool is_proxy(const std::string& address) const;

  std::optional<HttpResponse> answer_at_once(const HttpRequest& request) override;
  HttpResponse answer(const HttpRequest& request) override;
  HttpResponse answer_busy(const HttpRequest& request) override;

 private:
  struct Visit;

  std::shared_ptr<const TrackingSetup> setup() const;
  std::optional<HttpResponse> answer_link(Visit& visit, LinkKind kind);
  HttpResponse redirect(Visit& visit);
  void record(const Visit& visit);

  HttpResponse leave_or_join(const Visit& visit);
  HttpResponse change(const Visit& visit, bool join);
  HttpResponse preferences(const Visit& visit);
  HttpResponse save_preferences(const Visit& visit, const FormFields& form);
  HttpResponse show_preferences(const Visit& visit, bool saved);
  HttpResponse unavailable_page(const Visit& visit, std::string_view why);

  mutable std::mutex mutex_;
  std::shared_ptr<const TrackingSetup> setup_;
  Subscriptions subscriptions_;
  Record record_;
  const Clock& clock_;
};

}  // namespace smtpapi
