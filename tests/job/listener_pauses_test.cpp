#include "job/listener_pauses.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

const Time noon = from_unix(1'803'898'800);

TEST(ListenerPauses, GrowWhileTheListenerIsAway) {
  ListenerPauses pauses;
  EXPECT_FALSE(pauses.until("", noon));
  Time now = noon;
  for (const int length : {1, 2, 5, 10, 30, 30, 30}) {
    const Time end = pauses.begin("", now, now, "connection refused");
    EXPECT_EQ(end, now + seconds(length));
    EXPECT_EQ(pauses.until("", now), end);
    EXPECT_EQ(pauses.until("", end - seconds(1)), end);
    EXPECT_FALSE(pauses.until("", end)) << "over when its end has come";
    now = end;
  }
  pauses.end("");
  EXPECT_FALSE(pauses.until("", noon));
  EXPECT_EQ(pauses.begin("", now, now, "refused"), now + seconds(1)) << "from the start again";
}

TEST(ListenerPauses, CountOnceWhatSeveralThreadsMeet) {
  ListenerPauses pauses;
  pauses.begin("", noon, noon, "refused");
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(pauses.begin("", noon, noon, "refused"), noon + seconds(1));
  }
  // One that waited for its connection until long after the pause knows nothing new.
  EXPECT_EQ(pauses.begin("", noon, noon + seconds(30), "timeout"), noon + seconds(31));
  EXPECT_EQ(pauses.begin("", noon + seconds(1), noon + seconds(1), "refused"), noon + seconds(3));
}

TEST(ListenerPauses, AreOfOnePoolEach) {
  ListenerPauses pauses;
  pauses.begin("a", noon, noon, "refused");
  EXPECT_TRUE(pauses.until("a", noon));
  EXPECT_FALSE(pauses.until("", noon));
  EXPECT_FALSE(pauses.until("b", noon));
  pauses.end("b");
  EXPECT_TRUE(pauses.until("a", noon));
}

TEST(ListenerPauses, SurviveAClockThatIsSetBack) {
  ListenerPauses pauses;
  pauses.begin("", noon, noon, "refused");
  const Time earlier = noon - std::chrono::hours(1);
  EXPECT_FALSE(pauses.until("", earlier));
  EXPECT_EQ(pauses.begin("", earlier, earlier, "refused"), earlier + seconds(2));
}

}  // namespace
}  // namespace smtpapi
