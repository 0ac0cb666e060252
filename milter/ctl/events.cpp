// smtpapictl events: what happened, found and followed.
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "milter/ctl/command.h"
#include "milter/ctl/event_options.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::size_t usual_limit = 50;
constexpr std::size_t usual_limit_following = 10;
constexpr std::size_t page = 1'000;  ///< events asked for at a time
constexpr std::chrono::milliseconds pause(500);

constexpr std::array options = {
    event_recipient_option,
    event_submission_option,
    queue_id_option,
    event_option,
    category_option,
    unique_arg_option,
    since_option,
    before_option,
    Option{"--limit", "N", "the newest N; default 50, with -f 10"},
    Option{"--below", "EVENT", "those in front of this one: the page before"},
    Option{"--after", "EVENT", "those behind this one, the first N of them"},
    Option{"--all", "", "all of them"},
    Option{"--follow", "", "go on with what happens from now on", 'f'},
    Option{"--json", "", "one object a line, for programs"},
};

/// The words of this command that choose events, for the line that says how to go on.
std::string same_question(const Arguments& arguments) {
  std::string out;
  for (const Option& option : std::span(options).first(8))
    for (const std::string& value : arguments.values(option.name))
      out += fmt::format(" {} {}", option.name, shown(value));
  return out;
}

/// Pages of events by ascending number, written down as they come.
class Listing {
 public:
  Listing(const Call& call, Store& store, EventFilter filter)
      : call_(call),
        store_(store),
        filter_(std::move(filter)),
        labels_(store),
        json_(call.out),
        is_json_(call.arguments.has("--json")) {}

  /// The number from which on there are `limit` events below `below`; 0 when there are no more
  /// than that.
  Result<std::int64_t> start_of_last(std::size_t limit, std::int64_t below) {
    EventQuery query = filter_.query;
    query.newest_first = true;
    query.below = below;
    std::int64_t start = 0;
    for (std::size_t seen = 0;;) {
      query.limit = std::min(page, limit - seen + 1);
      if (filter_.needs_labels()) query.limit = page;
      const auto found = store_.events(query);
      if (!found) return found.error();
      for (const NumberedEvent& numbered : *found) {
        const auto labels = labels_of(numbered.event);
        if (!labels) return labels.error();
        if (!filter_.fits(labels->get(), numbered.event.index)) continue;
        if (seen++ == limit) return start;
        start = numbered.number;
      }
      if (found->size() < query.limit) return std::int64_t(0);
      query.below = found->back().number;
    }
  }

  /// Writes at most `limit` events with numbers above that of the last one, below `below`. Result:
  /// whether there are more.
  Result<bool> write(std::size_t limit, std::int64_t below) {
    EventQuery query = filter_.query;
    query.below = below;
    std::size_t written = 0;
    while (call_.out) {
      query.after = after_;
      query.limit = page;
      const auto found = store_.events(query);
      if (!found) return found.error();
      Table table({{"TIME", Table::Align::left, 19},
                   {"EVENT", Table::Align::left, 11},
                   {"SUBMISSION", Table::Align::left, 22},
                   {"RECIPIENT"}});
      std::size_t rows = 0;
      bool has_more = false;
      for (const NumberedEvent& numbered : *found) {
        const auto labels = labels_of(numbered.event);
        if (!labels) return labels.error();
        if (!filter_.fits(labels->get(), numbered.event.index)) {
          after_ = numbered.number;
          continue;
        }
        has_more = written == limit;
        if (has_more) break;
        after_ = numbered.number;
        ++written;
        ++rows;
        if (is_json_) {
          write_event(json_, numbered, labels->get());
          json_.end_line();
        } else {
          const Event& event = numbered.event;
          table.add({local_time(event.time), std::string(to_string(event.kind)),
                     event.submission_id, shown(event.recipient, 320)});
          table.note(event_details(event));
        }
      }
      if (!is_json_ && rows > 0)
        call_.out << table.text(has_titles_ ? Table::Titles::left_out : Table::Titles::shown);
      has_titles_ = has_titles_ || rows > 0;
      call_.out.flush();
      if (has_more) return true;
      if (found->size() < page) break;
    }
    return false;
  }

  /// Until nobody reads any more.
  Status follow() {
    while (call_.out) {
      if (!call_.sleep(pause)) break;
      const auto more = write(SIZE_MAX, 0);
      if (!more) return more.error();
    }
    return ok();
  }

  void start_behind(std::int64_t number) { after_ = number; }
  std::int64_t last() const { return after_; }
  bool wrote_nothing() const { return !has_titles_; }
  bool is_json() const { return is_json_; }

 private:
  /// Not asked for when nobody wants to know: null.
  Result<std::shared_ptr<const EventLabels>> labels_of(const Event& event) {
    if (!is_json_ && !filter_.needs_labels()) return std::shared_ptr<const EventLabels>();
    return labels_.get(event.submission_id);
  }

  const Call& call_;
  Store& store_;
  const EventFilter filter_;
  LabelCache labels_;
  JsonWriter json_;
  const bool is_json_;
  bool has_titles_ = false;
  std::int64_t after_ = 0;
};

/// What --limit, --below, --after, --all and --follow ask for.
struct Extent {
  std::size_t limit = usual_limit;
  std::int64_t below = 0;
  std::optional<std::int64_t> after;
  bool is_all = false;
  bool follows = false;
};

Result<Extent> read_extent(const Arguments& arguments) {
  Extent extent;
  extent.is_all = arguments.has("--all");
  extent.follows = arguments.has("--follow");
  if (extent.is_all && arguments.has("--limit"))
    return invalid("--all and --limit exclude each other");
  if (arguments.has("--below") && arguments.has("--after"))
    return invalid("--below and --after exclude each other");
  if (extent.follows)
    for (const std::string_view name : {"--before", "--below"})
      if (arguments.has(name))
        return invalid(fmt::format("--follow and {} exclude each other", name));
  const auto limit = arguments.number(
      "--limit", extent.follows ? usual_limit_following : usual_limit, extent.follows ? 0 : 1);
  if (!limit) return limit.error();
  extent.limit = static_cast<std::size_t>(*limit);
  const auto below = arguments.number("--below", 0, 1);
  if (!below) return below.error();
  extent.below = *below;
  const auto after = arguments.number("--after", 0, 0);
  if (!after) return after.error();
  if (arguments.has("--after")) extent.after = *after;
  // What was asked for to be followed is not left off in the middle.
  if (extent.follows && extent.after && !arguments.has("--limit")) extent.is_all = true;
  return extent;
}

int list(const Call& call, Store& store, EventFilter filter, const Extent& extent) {
  const auto everything = store.event_numbers({}, {});
  if (!everything) return store_failed(call, everything.error());
  const std::int64_t below = extent.below ? extent.below : everything->last + 1;
  EventRange of_time = *everything;
  if (filter.query.from || filter.query.before) {
    const auto found = store.event_numbers(filter.query.from, filter.query.before);
    if (!found) return store_failed(call, found.error());
    of_time = *found;
  }
  const std::int64_t end = of_time.last ? std::min(below, of_time.last + 1) : 0;
  // Nothing that lies outside is looked at.
  const std::int64_t front =
      std::max({std::int64_t(0), extent.after.value_or(0), of_time.first - 1});
  filter.query.after = front;

  Listing listing(call, store, std::move(filter));
  listing.start_behind(front);
  std::int64_t earlier = 0;  // number of the first event written, when there are others before it
  bool has_more = false;
  const bool is_tail = !extent.is_all && !extent.after;
  if (end > 0 && !(is_tail && extent.limit == 0)) {
    if (is_tail) {
      const auto start = listing.start_of_last(extent.limit, end);
      if (!start) return store_failed(call, start.error());
      earlier = *start;
      if (earlier > 0) listing.start_behind(earlier - 1);
    }
    const auto more = listing.write(extent.is_all ? SIZE_MAX : extent.limit, end);
    if (!more) return store_failed(call, more.error());
    has_more = *more && !extent.follows;
  }
  if (extent.follows) {
    if (!extent.after || extent.limit == 0)
      listing.start_behind(std::max(listing.last(), everything->last));
    const Status done = listing.follow();
    return done ? EX_OK : store_failed(call, done.error());
  }
  if (listing.wrote_nothing() && !listing.is_json()) call.out << "nothing\n";
  if (earlier > 0 || has_more) {
    call.out.flush();
    fmt::print(listing.is_json() ? call.err : call.out,
               "{}there are {}: smtpapictl events{} {} {}, or --all\n",
               listing.is_json() ? "" : "\n", has_more ? "more" : "earlier ones",
               same_question(call.arguments), has_more ? "--after" : "--below",
               has_more ? listing.last() : earlier);
  }
  return EX_OK;
}

int events(const Call& call) {
  const auto filter = read_event_filter(call.arguments, call.clock.now());
  if (!filter) return call.fail(EX_USAGE, filter.error().text);
  const auto extent = read_extent(call.arguments);
  if (!extent) return call.fail(EX_USAGE, extent.error().text);
  return with_store(call, [&](Store& store) { return list(call, store, *filter, *extent); });
}

}  // namespace

const Command events_command = {
    "events",
    "",
    0,
    0,
    "Shows what happened to messages; -f follows",
    options,
    R"(The newest events that fit, in the order in which they were noted. Events stay
for store.keep. Categories and unique arguments are those of the submission's
header: what comes in after it was forgotten fits none.)",
    events};

}  // namespace smtpapi::ctl
