#include "job/release.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random_id.h"
#include "event/smtp_answer.h"
#include "job/compiled_submission.h"
#include "job/listener_pauses.h"
#include "job/release_session.h"
#include "job/report_failures.h"
#include "job/submission_cache.h"
#include "job/work_queue.h"

namespace smtpapi {
namespace {

using steady_clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t cache_octets = 32u << 20;
constexpr milliseconds poll(200);        ///< of the store, when nothing is known to be due
constexpr milliseconds gather(50);       ///< outcomes for one transaction
constexpr seconds idle_line(5);          ///< before a session hangs up
constexpr seconds trouble_pause(1);      ///< after the store failed
constexpr seconds trouble_reminder(60);  ///< between two log lines about it
constexpr seconds sweep_interval(60);
constexpr seconds report_interval(5);

/// Due times are full seconds: never sleep past the next one.
milliseconds until_next_poll() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto next = std::chrono::floor<seconds>(now) + seconds(1);
  return std::min(poll, std::chrono::ceil<milliseconds>(next - now));
}

/// So that no thread waits for copies when an exception passes.
struct CloseAtEnd {
  WorkQueue& queue;
  ~CloseAtEnd() { queue.close(); }
};

}  // namespace

struct Release::Impl {
  Impl(const ReleaseSettings& s, Store& st, CourierFactory c, const Clock& cl)
      : settings(s),
        store(st),
        couriers(std::move(c)),
        clock(cl),
        submissions([this](std::string_view id) { return load(id); }, cache_octets),
        batch(std::max<std::size_t>(200, 16 * settings.concurrency)),
        queue(batch / 2, batch, gather) {}

  Result<SubmissionCache::Compiled> load(std::string_view id);
  ReleaseTools tools() {
    return {settings, clock, couriers, submissions, store, pauses, abandon.get_token()};
  }

  // The feeder's steps. Each looks whether it is its time.
  void settle(steady_clock::time_point now);
  void renew(steady_clock::time_point now);
  void claim(steady_clock::time_point now);
  void chores(steady_clock::time_point now);
  void end();

  void work();
  /// A copy that a session may begin as long as its claim has not lapsed.
  struct Claimed {
    Copy copy;
    unsigned lapses = 0;  ///< when it was taken
  };
  bool take_ahead(const Claimed& present, Claimed& next);
  bool may_begin(const Claimed& claimed) const;
  Outcome release_one(ReleaseSession& session, const Claimed& claimed, const Claimed* next) const;
  void notice_lapse();
  Result<std::size_t> claim_batch(std::vector<Copy>& copies);
  bool lease_is_good() const;
  void extend_lease(Time now) { lease_end = to_unix(now + settings.lease); }
  void trouble(steady_clock::time_point now, const Error& error);
  void no_trouble();

  const ReleaseSettings settings;
  Store& store;
  const CourierFactory couriers;
  const Clock& clock;
  const std::string runner = random_id();
  SubmissionCache submissions;
  ListenerPauses pauses;
  const std::size_t batch;
  WorkQueue queue;
  std::stop_source abandon;
  std::atomic<std::int64_t> lease_end = 0;    ///< Unix seconds
  std::atomic<unsigned> lapses = 0;           ///< of the lease: others may have claimed our copies
  std::optional<ReleaseSession> own_session;  ///< run_once()'s

  // The feeder's own.
  std::vector<Outcome> unsettled;
  steady_clock::time_point next_settle{}, next_renew{}, next_poll{}, next_forced_claim{},
      next_sweep{}, next_report{}, next_reminder{};
  bool more_is_due = false;  ///< the last claim was full
  bool in_trouble = false;   ///< the store's last answer was an error
};

Result<SubmissionCache::Compiled> Release::Impl::load(std::string_view id) {
  auto found = store.submission(id);
  if (!found) return found.error();
  if (!*found || !(*found)->message) return SubmissionCache::Compiled();
  return compile_submission(*std::move(*found), settings.limits, settings.hostname, settings.links);
}

/// Other programs may claim our copies once the lease is over: nothing is begun shortly before.
bool Release::Impl::lease_is_good() const {
  return clock.now() + settings.lease / 6 < from_unix(lease_end);
}

/// A stop of the clock, of the store or of this process: start afresh.
void Release::Impl::notice_lapse() {
  if (lease_is_good() || !queue.is_busy()) return;
  ++lapses;  // before the lease is good again
  queue.take_back();
}

/// The store fails: nothing new is begun until it works again, for nothing could be recorded.
void Release::Impl::trouble(steady_clock::time_point now, const Error& error) {
  in_trouble = true;
  queue.halt(true);
  next_settle = next_renew = next_poll = now + trouble_pause;
  if (now < next_reminder) return;
  next_reminder = now + trouble_reminder;
  log_error("release is halted: {}", error.text);
}

void Release::Impl::no_trouble() {
  if (!in_trouble || !unsettled.empty()) return;
  in_trouble = false;
  queue.halt(false);
  log_info("release goes on");
}

// --- the feeder ---

void Release::Impl::settle(steady_clock::time_point now) {
  for (Outcome& outcome : queue.collect(now)) unsettled.push_back(std::move(outcome));
  if (unsettled.empty() || now < next_settle) return;
  if (Status settled = store.settle(runner, unsettled, clock.now()); !settled) {
    return trouble(now, std::move(settled).error().within("settle"));
  }
  const bool some_failed = std::any_of(unsettled.begin(), unsettled.end(), [](const Outcome& o) {
    return o.kind == Outcome::Kind::failed;
  });
  if (some_failed) next_report = std::min(next_report, now + seconds(1));
  unsettled.clear();
  no_trouble();
}

void Release::Impl::renew(steady_clock::time_point now) {
  if (now < next_renew || (!queue.is_busy() && unsettled.empty())) return;
  const Time began = clock.now();
  notice_lapse();
  if (Status renewed = store.renew(runner, began, settings.lease); !renewed) {
    return trouble(now, std::move(renewed).error().within("renew the lease"));
  }
  extend_lease(began);
  next_renew = now + settings.lease / 3;
  no_trouble();
}

Result<std::size_t> Release::Impl::claim_batch(std::vector<Copy>& copies) {
  const Time began = clock.now();
  auto claimed = store.claim(runner, began, settings.lease, batch);
  if (!claimed) return std::move(claimed).error().within("claim");
  if (!claimed->empty()) extend_lease(began);
  copies = *std::move(claimed);
  return copies.size();
}

void Release::Impl::claim(steady_clock::time_point now) {
  if (now < next_poll || !unsettled.empty() || !queue.wants_copies()) return;
  next_poll = now + until_next_poll();
  // Asking costs no write lock. A claim now and then also finds what dead runners left behind.
  if (!more_is_due && !in_trouble && now < next_forced_claim) {
    const auto next = store.next_due();
    if (!next) return trouble(now, next.error());
    if (!*next || **next > clock.now()) return;
  }
  notice_lapse();
  std::vector<Copy> copies;
  const auto claimed = claim_batch(copies);
  next_forced_claim = now + settings.lease / 6;
  more_is_due = claimed && *claimed == batch;
  if (!claimed) return trouble(now, claimed.error());
  no_trouble();
  if (more_is_due) next_poll = now;
  if (copies.empty()) return;
  next_renew = now + settings.lease / 3;
  queue.offer(std::move(copies));
}

void Release::Impl::chores(steady_clock::time_point now) {
  if (now >= next_report) {
    const auto more = report_failures(store, settings, clock.now());
    if (!more) log_warning("{}", more.error().text);
    next_report = now + (more && *more ? seconds(0) : report_interval);
  }
  if (now >= next_sweep) {
    const Time wall = clock.now();
    const auto more = store.sweep(wall, wall - settings.keep);
    if (!more) log_warning("sweep: {}", more.error().text);
    next_sweep = now + (more && *more ? seconds(0) : sweep_interval);
  }
}

void Release::run(std::stop_token stop) {
  Impl& my = *impl_;
  std::atomic<std::size_t> live = my.settings.concurrency;
  std::vector<std::jthread> sessions;
  for (std::size_t i = 0; i < my.settings.concurrency; ++i) {
    sessions.emplace_back([&] {
      my.work();
      --live;
      my.queue.wake();
    });
  }
  const CloseAtEnd guard{my.queue};
  const std::stop_callback wake(stop, [&] { my.queue.wake(); });
  std::optional<steady_clock::time_point> stopped;
  for (;;) {
    const auto now = steady_clock::now();
    if (stop.stop_requested() && !stopped) {
      stopped = now;
      my.queue.close();
    }
    if (stopped && now >= *stopped + my.settings.patience) my.abandon.request_stop();
    my.settle(now);
    my.renew(now);
    if (stopped && live == 0) break;
    if (!stopped) {
      my.claim(now);
      my.chores(now);
    }
    auto until = std::min(my.next_poll, steady_clock::now() + seconds(1));
    if (stopped || !my.queue.wants_copies()) until = steady_clock::now() + seconds(1);
    my.queue.wait(until, my.more_is_due && !my.in_trouble && my.unsettled.empty());
  }
  sessions.clear();
  my.end();
}

/// Everybody has gone home: record what is left, and free what was not begun.
void Release::Impl::end() {
  const auto deadline = steady_clock::now() + seconds(5);
  for (;;) {
    const auto now = steady_clock::now();
    next_settle = {};
    settle(now);
    if (unsettled.empty() && !queue.is_busy()) break;
    if (now >= deadline) {
      log_error("{} outcomes could not be recorded: these copies will be sent again",
                unsettled.size());
      break;
    }
    std::this_thread::sleep_for(gather);
  }
  if (const Status left = store.leave(runner); !left) log_warning("leave: {}", left.error().text);
}

/// A copy that follows `present`, as long as there are enough for all sessions.
bool Release::Impl::take_ahead(const Claimed& present, Claimed& next) {
  next.lapses = lapses;
  return queue.take_ahead(present.copy, next.copy, settings.concurrency);
}

bool Release::Impl::may_begin(const Claimed& claimed) const {
  return lease_is_good() && lapses == claimed.lapses && !queue.is_halted() &&
         !abandon.stop_requested();
}

Outcome Release::Impl::release_one(ReleaseSession& session, const Claimed& claimed,
                                   const Claimed* next) const {
  if (may_begin(claimed)) {
    Outcome outcome = session.release(claimed.copy, next ? &next->copy : nullptr);
    if (outcome.kind == Outcome::Kind::failed) {
      const SmtpAnswer answer = read_answer(outcome.reply);
      outcome.verdict =
          settings.classes.verdict(answer.status_code, answer.reply_code, outcome.reply);
    }
    return outcome;
  }
  session.hang_up();  // its envelope may have been said
  return {claimed.copy.id, Outcome::Kind::returned, "", "", {}};
}

/// What each session thread does.
void Release::Impl::work() {
  ReleaseSession session(tools());
  Claimed here, next;
  for (bool has_next = false;;) {
    auto taken = WorkQueue::Taken::copy;
    if (has_next) {
      std::swap(here, next);
    } else {
      here.lapses = lapses;
      taken = queue.take(here.copy, idle_line);
    }
    if (taken == WorkQueue::Taken::over) return;
    if (taken == WorkQueue::Taken::idle) {
      session.hang_up();
      continue;
    }
    has_next = take_ahead(here, next);
    queue.done(release_one(session, here, has_next ? &next : nullptr));
  }
}

// --- the outside ---

Release::Release(const ReleaseSettings& settings, Store& store, CourierFactory couriers,
                 const Clock& clock)
    : impl_(std::make_unique<Impl>(settings, store, std::move(couriers), clock)) {}

Release::~Release() = default;

std::size_t Release::run_once() {
  Impl& my = *impl_;
  if (!my.own_session) my.own_session.emplace(my.tools());
  const std::size_t tried_before = my.own_session->tried();

  std::vector<Impl::Claimed> due;
  for (;;) {
    std::vector<Copy> copies;
    const auto claimed = my.claim_batch(copies);
    if (!claimed) log_error("{}", claimed.error().text);
    for (Copy& copy : copies) due.push_back({std::move(copy), my.lapses});
    if (!claimed || *claimed < my.batch) break;
  }
  for (std::size_t i = 0; i < due.size(); ++i) {
    const Impl::Claimed* const next = i + 1 < due.size() ? &due[i + 1] : nullptr;
    my.unsettled.push_back(my.release_one(*my.own_session, due[i], next));
  }
  my.next_settle = {};
  my.settle(steady_clock::now());
  my.next_report = my.next_sweep = {};
  my.chores(steady_clock::now());
  return my.own_session->tried() - tried_before;
}

}  // namespace smtpapi
