// smtpapictl stats: how often what happened, by day and by category.
#include <fmt/ostream.h>

#include <algorithm>
#include <array>

#include "milter/ctl/bars.h"
#include "milter/ctl/command.h"
#include "milter/ctl/event_options.h"
#include "milter/ctl/moment.h"
#include "milter/ctl/output.h"
#include "milter/ctl/stats_figures.h"

namespace smtpapi::ctl {
namespace {

constexpr int usual_days = 7;  ///< with today
constexpr int most_days = 3'660;
constexpr std::size_t many_days = 31;
constexpr std::size_t usual_categories = 20;
constexpr std::size_t bar_width = 20;

constexpr std::array options = {
    category_option,
    Option{"--since", "TIME",
           "from then on; default: the last 7 days; 12h for\nthe last 12 hours, 2026-11-21, "
           "Unix seconds"},
    before_option,
    Option{"--all", "", "every category, not only the 20 that sent most"},
    Option{"--json", "", "one object a line for each day and category"},
};

const std::vector<Table::Column> number_columns = {
    {"PROCESSED", Table::Align::right}, {"DELIVERED", Table::Align::right},
    {"BOUNCED", Table::Align::right},   {"DROPPED", Table::Align::right},
    {"OPENED", Table::Align::right},    {"CLICKED", Table::Align::right},
    {"SPAM", Table::Align::right},      {"LEFT", Table::Align::right}};

void add_numbers(std::vector<std::string>& cells, const Figures& figures) {
  for (const std::size_t number :
       {figures.processed, figures.delivered, figures.bounces + figures.blocks + figures.expired,
        figures.dropped, figures.unique_opens, figures.unique_clicks, figures.spam_reports,
        figures.unsubscribes + figures.group_unsubscribes})
    cells.push_back(grouped(number));
}

/// "2026-11-21" and the days behind it, up to `last`; also those on which nothing happened, unless
/// they are in front and there are many.
std::vector<std::string> days_of(const FigureTable& table, Time from, Time last) {
  std::vector<std::string> days;
  const std::string end = local_day(last);
  from = std::max(from, last - std::chrono::hours(24) * most_days);
  // Noon by noon, so that an hour more or less does not skip a day.
  for (Time noon = local_midnight(from, 0) + std::chrono::hours(12);;
       noon += std::chrono::hours(24)) {
    days.push_back(local_day(noon));
    if (days.back() >= end) break;
  }
  if (days.size() > many_days)
    days.erase(days.begin(), std::find_if(days.begin(), days.end() - 1, [&](const auto& day) {
                 return table.total().contains(day);
               }));
  return days;
}

Figures sum(const FigureTable::ByDay& by_day) {
  Figures out;
  for (const auto& [day, figures] : by_day) out += figures;
  return out;
}

Figures on(const FigureTable::ByDay& by_day, const std::string& day) {
  const auto found = by_day.find(day);
  return found == by_day.end() ? Figures() : found->second;
}

std::string table_of_days(const FigureTable& table, const std::vector<std::string>& days,
                          bool with_bars) {
  std::vector<Table::Column> head = {{"DAY"}};
  head.insert(head.end(), number_columns.begin(), number_columns.end());
  if (with_bars) head.push_back({""});
  Table out(head);
  std::size_t greatest = 0;
  for (const auto& [day, figures] : table.total()) greatest = std::max(greatest, figures.processed);
  for (const std::string& day : days) {
    const Figures figures = on(table.total(), day);
    std::vector<std::string> cells = {day};
    add_numbers(cells, figures);
    if (with_bars) cells.push_back(bar(figures.processed, greatest, bar_width));
    out.add(std::move(cells));
  }
  return out.text();
}

std::string table_of_categories(const FigureTable& table, const std::vector<std::string>& days,
                                bool with_bars, std::size_t limit, std::size_t& left_off) {
  struct Line {
    const std::string* name;
    Figures figures;
    const FigureTable::ByDay* by_day;
  };
  std::vector<Line> lines;
  for (const auto& [name, by_day] : table.categories())
    lines.push_back({&name, sum(by_day), &by_day});
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.figures.processed > b.figures.processed;
  });
  left_off = lines.size() - std::min(lines.size(), limit);
  lines.resize(lines.size() - left_off);

  std::vector<Table::Column> head = number_columns;
  if (with_bars) head.push_back({"BY DAY"});
  head.push_back({"CATEGORY"});
  Table out(head);
  for (const Line& line : lines) {
    std::vector<std::string> cells;
    add_numbers(cells, line.figures);
    if (with_bars) {
      std::vector<std::size_t> sent;
      for (const std::string& day : days) sent.push_back(on(*line.by_day, day).processed);
      cells.push_back(sparkline(sent));
    }
    cells.push_back(shown(*line.name, 100));
    out.add(std::move(cells));
  }
  return lines.empty() ? std::string() : out.text();
}

void write_line(JsonWriter& json, const std::string& day, const std::string* category,
                const Figures& figures) {
  json.begin_object();
  json.member("day", day);
  if (category) json.member("category", *category);
  const std::pair<const char*, std::size_t> members[] = {
      {"processed", figures.processed},
      {"dropped", figures.dropped},
      {"delivered", figures.delivered},
      {"deferred", figures.deferred},
      {"bounces", figures.bounces},
      {"blocks", figures.blocks},
      {"expired", figures.expired},
      {"opens", figures.opens},
      {"unique_opens", figures.unique_opens},
      {"machine_opens", figures.machine_opens},
      {"clicks", figures.clicks},
      {"unique_clicks", figures.unique_clicks},
      {"machine_clicks", figures.machine_clicks},
      {"spam_reports", figures.spam_reports},
      {"unsubscribes", figures.unsubscribes},
      {"group_unsubscribes", figures.group_unsubscribes},
      {"group_resubscribes", figures.group_resubscribes}};
  for (const auto& [name, number] : members) json.member(name, number);
  json.end_object();
  json.end_line();
}

void write_json(const Call& call, const FigureTable& table) {
  JsonWriter json(call.out);
  for (const auto& [day, figures] : table.total()) write_line(json, day, nullptr, figures);
  for (const auto& [name, by_day] : table.categories())
    for (const auto& [day, figures] : by_day) write_line(json, day, &name, figures);
}

int stats(const Call& call) {
  const auto filter = read_event_filter(call.arguments, call.clock.now());
  if (!filter) return call.fail(EX_USAGE, filter.error().text);
  const Time now = call.clock.now();
  const auto& before = filter->query.before;
  const Time from = filter->query.from.value_or(
      local_midnight(std::min(now, before.value_or(now)), usual_days - 1));
  return with_store(call, [&](Store& store) {
    FigureTable table(filter->category);
    if (Status done = table.collect(store, from, before); !done)
      return store_failed(call, done.error());
    if (call.arguments.has("--json")) {
      write_json(call, table);
      return EX_OK;
    }
    const std::vector<std::string> days =
        days_of(table, from, before ? std::max(*before - seconds(1), from) : std::max(now, from));
    std::size_t left_off = 0;
    const std::string categories =
        table_of_categories(table, days, call.out_is_terminal,
                            call.arguments.has("--all") ? SIZE_MAX : usual_categories, left_off);
    call.out << table_of_days(table, days, call.out_is_terminal);
    if (!categories.empty()) call.out << '\n' << categories;
    if (left_off > 0)
      fmt::print(call.out, "\n{} left off: give --all\n",
                 counted(left_off, "category is", "categories are"));
    return EX_OK;
  });
}

}  // namespace

const Command stats_command = {
    "stats",
    "",
    0,
    0,
    "Adds up what happened, by day and by category",
    options,
    R"(Days are those of the local time; TZ=UTC for UTC. BOUNCED counts every refusal,
OPENED and CLICKED the copies that a person opened or clicked, LEFT those who
unsubscribed, also from a group. A message with several categories counts in
each. Events stay for store.keep.)",
    stats};

}  // namespace smtpapi::ctl
