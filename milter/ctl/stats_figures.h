// How often what happened: events added up by day and category.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "store/events.h"

namespace smtpapi::ctl {

/// Events of a day, or of some days.
struct Figures {
  std::size_t processed = 0, dropped = 0, delivered = 0, deferred = 0;
  std::size_t bounces = 0, blocks = 0, expired = 0;  ///< EVT-11
  std::size_t opens = 0, clicks = 0;                 ///< by people
  std::size_t unique_opens = 0, unique_clicks = 0;   ///< copies that a person opened, clicked
  std::size_t machine_opens = 0, machine_clicks = 0;
  std::size_t spam_reports = 0;
  std::size_t unsubscribes = 0, group_unsubscribes = 0, group_resubscribes = 0;

  void add(const EventCount& count);
  Figures& operator+=(const Figures& other);
};

/// Figures by local day ("2026-11-21") and category.
class FigureTable {
 public:
  /// `category`: only what belongs to it counts; "" all.
  explicit FigureTable(std::string category) : wanted_(std::move(category)) {}

  /// Adds up what the store has of this time, a few numbers at a time. Errors: as Store.
  Status collect(Events& events, std::optional<Time> from, std::optional<Time> before);

  using ByDay = std::map<std::string, Figures, std::less<>>;
  const ByDay& total() const { return total_; }
  /// By name. What has several categories counts in each (CAT-1). Those after the first
  /// max_categories are counted together as "(others)".
  const std::map<std::string, ByDay>& categories() const { return by_category_; }

  static constexpr std::size_t max_categories = 10'000;

 private:
  using Categories = std::vector<std::uint32_t>;  ///< places in names_
  Status learn(Events& events, const EventCounts& counts);
  std::uint32_t place_of(const std::string& name);
  const std::string& day_of(Time time);
  template <class Add>
  void add(const std::string& submission_id, Time time, Add add);

  const std::string wanted_;
  ByDay total_;
  std::map<std::string, ByDay> by_category_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> places_;
  std::unordered_map<std::string, Categories> of_submission_;
  std::unordered_map<std::int64_t, std::string> days_;  ///< by quarter of an hour
  std::unordered_set<std::uint64_t> engaged_;  ///< hashes of copies: 16 octets where ids take 60
};

}  // namespace smtpapi::ctl
