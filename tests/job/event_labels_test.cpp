#include "job/event_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const Time noon = from_unix(1'803'898'800);

TEST(EventLabelsTest, TellsCategoriesAsTheyWereSent) {
  const struct {
    const char* why;
    const char* header;
    std::vector<std::string> want;
    bool is_array;
  } cases[] = {
      {"CAT-6: a string", R"({"category":"news"})", {"news"}, false},
      {"CAT-6: an array", R"({"category":["news","May"]})", {"news", "May"}, true},
      {"CAT-3: each once", R"({"category":["a","a"]})", {"a"}, true},
      {"none", R"({"to":["ann@example.org"]})", {}, false},
      {"no header", "", {}, false},
      {"not JSON", "{", {}, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto labels = EventLabels::read(c.header, noon);
    EXPECT_EQ(labels->categories(), c.want);
    EXPECT_EQ(labels->category_is_array(), c.is_array);
  }
}

TEST(EventLabelsTest, SubstitutesUniqueArgumentsByRow) {
  const auto labels = EventLabels::read(
      R"({"to":["ann@example.org","bob@example.org"],"sub":{"-id-":["7","8"],"-s-":"%part%"},)"
      R"("section":{"%part%":"x-id-"},"unique_args":{"order":"n-id-","part":"-s-","plain":"-no-"}})",
      noon);
  EXPECT_THAT(labels->unique_args(1),
              ElementsAre(Pair("order", "n8"), Pair("part", "x8"), Pair("plain", "-no-")));
  EXPECT_THAT(labels->unique_args(0)[0], Pair("order", "n7"));
  EXPECT_THAT(labels->unique_args(99)[0], Pair("order", "n")) << "SUB-3: the array is too short";
  EXPECT_THAT(EventLabels::read("", noon)->unique_args(0), IsEmpty());
}

TEST(EventLabelsTest, KeepsOnlyWhatArgumentsNeed) {
  std::string many = R"({"category":"c","sub":{"-n-":[)";
  for (int i = 0; i < 10'000; ++i) many += R"("0123456789",)";
  many += R"(""]})";
  EXPECT_LT(EventLabels::read(many + "}", noon)->weight(), 2'000u);
  EXPECT_GT(EventLabels::read(many + R"(,"unique_args":{"n":"-n-"}})", noon)->weight(),
            many.size());
}

}  // namespace
}  // namespace smtpapi
