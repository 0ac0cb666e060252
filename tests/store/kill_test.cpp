// kill -9 at any moment: what was acknowledged is there, and nothing is there in part.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "store/open_store.h"
#include "store_contract.h"

namespace smtpapi {
namespace {

constexpr std::size_t copies_of_each = 7;
constexpr std::size_t id_length = 22;

std::unique_ptr<Store> open(const std::string& url) {
  auto store = open_store(url, StoreAccess::create);
  if (!store) throw std::runtime_error(store.error().text);
  return *std::move(store);
}

/// Holds submissions from several threads for ever, and reports the id of each that is held.
[[noreturn]] void hold_until_killed(const std::string& url, int report) {
  const auto store = open(url);
  const auto work = [&] {
    for (;;) {
      Submission submission = a_submission();
      submission.message = std::make_shared<const std::string>(50'000, 'x');
      const std::vector<NewCopy> copies(copies_of_each, a_copy("ann@example.org"));
      const auto id = store->hold(submission, copies);
      if (!id || write(report, id->data(), id->size()) != static_cast<ssize_t>(id_length)) _exit(1);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  _exit(1);
}

/// Reads one acknowledged id; false at the end.
bool read_id(int reports, std::string& id) {
  id.assign(id_length, '\0');
  std::size_t got = 0;
  while (got < id_length) {
    const ssize_t n = read(reports, id.data() + got, id_length - got);
    if (n <= 0) return false;
    got += static_cast<std::size_t>(n);
  }
  return true;
}

/// Kills a program that holds once it has acknowledged `count`. Result: all ids it acknowledged.
std::set<std::string> acknowledged_before_kill(const std::string& url, int count) {
  std::set<std::string> ids;
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork");  // kill(-1) would end everything
  if (child == 0) {
    close(ends[0]);
    hold_until_killed(url, ends[1]);
  }
  close(ends[1]);
  std::string id;
  for (int i = 0; i < count && read_id(ends[0], id); ++i) ids.insert(id);
  EXPECT_EQ(kill(child, SIGKILL), 0);
  while (read_id(ends[0], id)) ids.insert(id);
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  return ids;
}

TEST(StoreKillTest, KeepsEverySubmissionItAcknowledged) {
  const TemporaryFolder folder;
  const std::string url = "sqlite://" + folder / "store.db";
  std::set<std::string> acknowledged;
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 20; ++round) {
    const int count = std::uniform_int_distribution(0, 40)(random);
    SCOPED_TRACE("killed after " + std::to_string(count));
    acknowledged.merge(acknowledged_before_kill(url, count));

    const auto store = open(url);
    std::map<std::string, std::size_t> copies;
    CopyQuery query;
    query.limit = 1'000'000;
    const auto all = store->list(query);
    ASSERT_TRUE(all) << all.error().text;
    for (const Copy& copy : *all) ++copies[copy.submission_id];
    for (const std::string& id : acknowledged) EXPECT_EQ(copies.count(id), 1u) << id;
    for (const auto& [id, number] : copies) {
      EXPECT_EQ(number, copies_of_each) << id;
      const auto submission = store->submission(id);
      ASSERT_TRUE(submission && *submission && (*submission)->message);
      EXPECT_EQ((*submission)->message->size(), 50'000u);
    }
    EXPECT_TRUE(store->check());
  }
  EXPECT_FALSE(acknowledged.empty());
}

}  // namespace
}  // namespace smtpapi
