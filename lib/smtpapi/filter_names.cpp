#include "smtpapi/filter_names.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "smtpapi/numeric.h"

namespace smtpapi {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 1> email = {"email"};
constexpr std::array<Names, 1> list = {"list"};
constexpr std::array<Names, 2> purge = {"hard_bounces", "soft_bounces"};
constexpr std::array<Names, 1> html = {"text/html"};
constexpr std::array<Names, 2> texts = {"text/html", "text/plain"};
constexpr std::array<Names, 1> clicktrack = {"enable_text"};
constexpr std::array<Names, 2> dkim = {"domain", "use_from"};
constexpr std::array<Names, 2> domainkeys = {"domain", "sender"};
constexpr std::array<Names, 5> ganalytics = {"utm_source", "utm_medium", "utm_term", "utm_content",
                                             "utm_campaign"};
constexpr std::array<Names, 1> opentrack = {"replace"};
constexpr std::array<Names, 3> spamcheck = {"maxscore", "max_score", "url"};  // SPAM-1
constexpr std::array<Names, 3> subscriptiontrack = {"text/html", "text/plain", "replace"};
constexpr std::array<Names, 1> templates = {"template_id"};

constexpr auto active = FilterStatus::active;
constexpr auto off = FilterStatus::off;
constexpr auto ignored = FilterStatus::ignored;

/// Section 10 of the rules, by name.
constexpr FilterName filters[] = {
    {"addresswhitelist", FilterStatus::account, list},  // SUPP-4
    {"bcc", active, email},
    {"bounce_purge", FilterStatus::account, purge},  // SUPP-5
    {"bypass_bounce_management", active, {}},
    {"bypass_list_management", active, {}},
    {"bypass_spam_management", active, {}},
    {"bypass_unsubscribe_management", active, {}},
    {"clicktrack", active, clicktrack},
    {"dkim", off, dkim},
    {"domainkeys", ignored, domainkeys},
    {"drop", ignored, {}},
    {"eventnotify", ignored, {}},
    {"footer", active, texts},
    {"forwardspam", ignored, email},
    {"ganalytics", active, ganalytics},
    {"gravatar", active, {}},
    {"newrelic", ignored, {}},
    {"opentrack", active, opentrack},
    {"sendwithus", ignored, {}},
    {"spamcheck", off, spamcheck},
    {"subscriptiontrack", active, subscriptiontrack},
    {"template", active, html},
    {"templates", off, templates},
    {"twitter", ignored, {}},
};

}  // namespace

const FilterName* find_filter(std::string_view name) {
  const auto found = std::lower_bound(
      std::begin(filters), std::end(filters), name,
      [](const FilterName& filter, std::string_view wanted) { return filter.name < wanted; });
  return found != std::end(filters) && found->name == name ? found : nullptr;
}

bool is_on(std::string_view setting) {
  if (const auto number = read_number(setting)) return !number->is_zero;
  setting = trim(setting);
  return equals_ignoring_case(setting, "true") || equals_ignoring_case(setting, "on");
}

}  // namespace smtpapi
