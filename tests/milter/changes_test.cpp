#include "milter/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const char* const text =
    "Received: one\r\n"
    "X-SMTPAPI: {}\r\n"
    "Subject: a\r\n"
    "x-smtpapi: {}\r\n"
    "received: two\r\n"
    "X-Smtpapi: {}\r\n"
    "\r\n"
    "body";

Decision decision_with(std::vector<FieldEdit> edits, Verdict verdict = Verdict::rewrite) {
  Decision decision;
  decision.verdict = verdict;
  decision.rewritten.edits = std::move(edits);
  return decision;
}

std::vector<std::string> show(const Changes& changes) {
  std::vector<std::string> out;
  for (const auto& field : changes.fields)
    out.push_back(field.name + "/" + std::to_string(field.index) +
                  (field.value ? "=" + *field.value : " out"));
  return out;
}

Envelope envelope_to(std::vector<std::string> given) {
  Envelope envelope;
  for (std::string& recipient : given) envelope.recipients.push_back({"", "", recipient});
  return envelope;
}

TEST(ChangesTest, CountsFieldsOfANameWithoutCase) {
  const Message message(text);
  const auto changes = changes_of(
      decision_with(
          {{1, true, ""}, {2, false, " b"}, {3, true, ""}, {4, false, " c"}, {5, true, ""}}),
      message, {});
  EXPECT_THAT(show(changes), ElementsAre("Subject/1= b", "received/2= c", "X-Smtpapi/3 out",
                                         "x-smtpapi/2 out", "X-SMTPAPI/1 out"))
      << "LM-29: deletions from the highest index down";
}

TEST(ChangesTest, WritesValuesAsTheMtaWantsThem) {
  const Message message(text);
  const struct {
    const char* why;
    std::string value;
    std::string want;
  } cases[] = {
      {"LM-17: with the leading blank", " one", " one"},
      {"LM-31: folds are LF and a blank", " one\r\n two\r\n\tthree", " one\n two\n\tthree"},
      {"a line break that is no fold becomes one", " one\r\ntwo", " one\n two"},
      {"at the end too", " one\r\n", " one\n "},
      {"no CR, no NUL", std::string(" a\rb\0c", 6), " abc"},
      {"8-bit stays", " \xC3\xA9", " \xC3\xA9"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Decision decision = decision_with({{2, false, c.value}});
    decision.rewritten.added = {{"To", c.value}};
    const auto changes = changes_of(decision, message, {});
    ASSERT_EQ(changes.fields.size(), 1u);
    EXPECT_EQ(changes.fields[0].value, c.want);
    ASSERT_EQ(changes.added.size(), 1u);
    EXPECT_EQ(changes.added[0].second, c.want);
  }
}

TEST(ChangesTest, DeletesNoRecipientThatStays) {
  const Message message(text);
  const struct {
    const char* why;
    std::vector<std::string> envelope;
    std::vector<std::string> out;
    std::vector<std::string> want;
  } cases[] = {
      {"all go", {"<a@x>", "<b@x>"}, {"<a@x>", "<b@x>"}, {"<a@x>", "<b@x>"}},
      {"one stays", {"<a@x>", "<b@x>"}, {"<b@x>"}, {"<b@x>"}},
      {"LM-34: one stays and stands there twice", {"<a@x>", "<a@x>"}, {"<a@x>"}, {}},
      {"also in another case", {"<A@x>", "<a@x>", "<b@x>"}, {"<a@x>", "<b@x>"}, {"<b@x>"}},
      {"twice, and both go", {"<a@x>", "<a@x>"}, {"<a@x>", "<a@x>"}, {"<a@x>", "<a@x>"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Decision decision = decision_with({});
    decision.recipients_out = c.out;
    decision.recipients_in = {"new@x"};
    const auto changes = changes_of(decision, message, envelope_to(c.envelope));
    EXPECT_EQ(changes.recipients_out, c.want);
    EXPECT_THAT(changes.recipients_in, ElementsAre("<new@x>"));
  }
}

TEST(ChangesTest, GivesTheReversePathInAngles) {
  const Message message(text);
  Decision decision = decision_with({});
  EXPECT_EQ(changes_of(decision, message, envelope_to({"<a@x>"})).reverse_path, std::nullopt);
  decision.reverse_path = "bounces+t@b.example";
  EXPECT_EQ(changes_of(decision, message, envelope_to({"<a@x>"})).reverse_path,
            "<bounces+t@b.example>");
}

TEST(ChangesTest, AStripTouchesNothingButFields) {
  const Message message(text);
  Decision decision = decision_with({{1, true, ""}}, Verdict::strip);
  decision.recipients_out = {"<a@x>"};
  decision.recipients_in = {"evil@x"};
  decision.reverse_path = "evil@x";
  decision.rewritten.body_changed = true;
  const auto changes = changes_of(decision, message, envelope_to({"<a@x>"}));
  EXPECT_THAT(show(changes), ElementsAre("X-SMTPAPI/1 out"));
  EXPECT_THAT(changes.recipients_out, IsEmpty());
  EXPECT_THAT(changes.recipients_in, IsEmpty());
  EXPECT_EQ(changes.reverse_path, std::nullopt);
  EXPECT_FALSE(changes.body_changed);
}

TEST(ChangesTest, OtherVerdictsChangeNothing) {
  const Message message(text);
  for (const Verdict verdict : {Verdict::pass, Verdict::hold, Verdict::bounce, Verdict::reject}) {
    Decision decision = decision_with({{1, true, ""}}, verdict);
    decision.recipients_in = {"evil@x"};
    const auto changes = changes_of(decision, message, {});
    EXPECT_THAT(changes.fields, IsEmpty()) << to_string(verdict);
    EXPECT_THAT(changes.recipients_in, IsEmpty());
  }
}

}  // namespace
}  // namespace smtpapi
