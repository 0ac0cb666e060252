// What every Store promises, however it keeps it: the tests are in *_contract.cpp. A backend joins
// with one INSTANTIATE_TEST_SUITE_P line.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/random_id.h"
#include "store/store.h"
#include "support/temporary_folder.h"

namespace smtpapi {

inline const Time noon = from_unix(1'803'898'800);
inline constexpr seconds lease(30);

struct Backend {
  std::string name;
  /// Opens the one store of the folder, again and again.
  std::function<std::unique_ptr<Store>(const TemporaryFolder&)> open;
};
inline void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

/// A submission with a message, taken in at noon.
inline Submission a_submission(std::string batch_id = "") {
  Submission submission;
  submission.id = random_id();
  submission.received = noon;
  submission.queue_id = "4XyZ12";
  submission.reverse_path = "app@example.org";
  submission.batch_id = std::move(batch_id);
  submission.message = std::make_shared<const std::string>("Subject: hi\r\n\r\nbody\r\n");
  return submission;
}

inline NewCopy a_copy(std::string recipient, Time due = {}, std::size_t index = 0) {
  NewCopy copy;
  copy.recipient = std::move(recipient);
  copy.due = due;
  copy.index = index;
  return copy;
}

inline Outcome an_outcome(std::int64_t copy_id, Outcome::Kind kind, Time next = {}) {
  Outcome outcome;
  outcome.copy_id = copy_id;
  outcome.kind = kind;
  outcome.next = next;
  outcome.reply = kind == Outcome::Kind::failed ? "550 5.1.1 unknown" : "250 2.0.0 Ok";
  if (kind == Outcome::Kind::sent) outcome.queue_id = "4Abc34";
  return outcome;
}

class StoreContract : public testing::TestWithParam<Backend> {
 protected:
  StoreContract() : store(GetParam().open(folder)) {}

  void reopen() {
    store.reset();
    store = GetParam().open(folder);
  }
  std::unique_ptr<Store> another() { return GetParam().open(folder); }

  /// Holds `copies` and returns the submission's id.
  std::string hold(const std::vector<NewCopy>& copies, const std::string& batch_id = "") {
    const auto id = store->hold(a_submission(batch_id), copies);
    EXPECT_TRUE(id) << id.error().text;
    return id ? *id : "";
  }
  std::string hold(std::size_t count, Time due = {}, const std::string& batch_id = "") {
    std::vector<NewCopy> copies;
    for (std::size_t i = 0; i < count; ++i)
      copies.push_back(a_copy("user" + std::to_string(i) + "@example.org", due, i));
    return hold(copies, batch_id);
  }
  std::vector<Copy> claim(Time now, std::size_t limit = 100, const std::string& runner = "r1") {
    auto copies = store->claim(runner, now, lease, limit);
    EXPECT_TRUE(copies) << copies.error().text;
    return copies ? *std::move(copies) : std::vector<Copy>();
  }
  /// Whom claim() would offer now; nobody holds them afterwards.
  std::vector<std::string> offered(Time now) {
    std::vector<std::string> recipients;
    for (const Copy& copy : claim(now, 1'000, "probe")) recipients.push_back(copy.recipient);
    EXPECT_TRUE(store->leave("probe"));
    return recipients;
  }
  void settle(const std::vector<Copy>& copies, Outcome::Kind kind, Time now, Time next = {},
              const std::string& runner = "r1") {
    std::vector<Outcome> outcomes;
    for (const Copy& copy : copies) outcomes.push_back(an_outcome(copy.id, kind, next));
    const Status done = store->settle(runner, outcomes, now);
    EXPECT_TRUE(done) << done.error().text;
  }
  std::vector<Copy> list(const CopyQuery& query = {}) {
    auto copies = store->list(query);
    EXPECT_TRUE(copies) << copies.error().text;
    return copies ? *std::move(copies) : std::vector<Copy>();
  }
  std::vector<Copy> copies_of(const std::string& submission_id) {
    CopyQuery query;
    query.submission_id = submission_id;
    query.limit = 100'000;
    return list(query);
  }
  CopyState state_of(const std::string& submission_id) {
    const auto copies = copies_of(submission_id);
    EXPECT_EQ(copies.size(), 1u);
    return copies.at(0).state;
  }
  std::vector<Failures> unreported(Time now, std::size_t limit = 10) {
    auto failures = store->unreported_failures(now, limit);
    EXPECT_TRUE(failures) << failures.error().text;
    return failures ? *std::move(failures) : std::vector<Failures>();
  }
  /// Fails the first `count` copies that are due.
  void fail(std::size_t count, Time now) { settle(claim(now, count), Outcome::Kind::failed, now); }
  /// All chores; keeps everything finished after `keep_after`.
  void sweep(Time now, Time keep_after = {}) {
    for (;;) {
      const auto more = store->sweep(now, keep_after, 1'000);
      ASSERT_TRUE(more) << more.error().text;
      if (!*more) return;
    }
  }
  bool has_message(const std::string& submission_id) {
    const auto submission = store->submission(submission_id);
    EXPECT_TRUE(submission && submission->has_value());
    return submission && *submission && (*submission)->message != nullptr;
  }
  bool is_known(const std::string& submission_id) {
    const auto submission = store->submission(submission_id);
    EXPECT_TRUE(submission);
    return submission && submission->has_value();
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
};

}  // namespace smtpapi
