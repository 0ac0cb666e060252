// Store: what was held is there, all of it, as it was given.
#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;

const std::string any_octets("\0\x01\xff\xfe\r\n'\"$1;--", 14);

TEST_P(StoreContract, GivesBackASubmissionOctetForOctet) {
  Submission in = a_submission("batch-1_A");
  in.queue_id = "4q" + any_octets;
  in.reverse_path = "m\xc3\xbcller@example.org";
  in.mail_parameters = "RET=HDRS ENVID=" + any_octets;
  in.smtputf8 = true;
  in.client = {"mx.example.org", "2001:db8::1", "helo" + any_octets,
               "login",          "submission",  "ESMTPSA"};
  in.header = "{\"to\":[\"a\"]}" + any_octets;
  in.settings = any_octets;
  in.pool = "marketing";
  in.message = std::make_shared<const std::string>(any_octets + std::string(300'000, 'x'));
  const auto id = store->hold(in, std::vector{a_copy("ann@example.org")});
  ASSERT_TRUE(id) << id.error().text;
  EXPECT_EQ(*id, in.id);
  reopen();

  const auto found = store->submission(in.id);
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_TRUE(*found);
  const Submission& out = **found;
  EXPECT_EQ(out.id, in.id);
  EXPECT_EQ(out.received, in.received);
  EXPECT_EQ(out.queue_id, in.queue_id);
  EXPECT_EQ(out.reverse_path, in.reverse_path);
  EXPECT_EQ(out.mail_parameters, in.mail_parameters);
  EXPECT_TRUE(out.smtputf8);
  EXPECT_FALSE(out.eight_bit);
  EXPECT_EQ(out.client.name, in.client.name);
  EXPECT_EQ(out.client.address, in.client.address);
  EXPECT_EQ(out.client.helo, in.client.helo);
  EXPECT_EQ(out.client.login, in.client.login);
  EXPECT_EQ(out.client.daemon_name, in.client.daemon_name);
  EXPECT_EQ(out.client.protocol, in.client.protocol);
  EXPECT_EQ(out.header, in.header);
  EXPECT_EQ(out.settings, in.settings);
  EXPECT_EQ(out.pool, in.pool);
  EXPECT_EQ(out.batch_id, in.batch_id);
  ASSERT_TRUE(out.message);
  EXPECT_TRUE(*out.message == *in.message);
}

TEST_P(StoreContract, GivesBackEmptyTextsAsEmpty) {
  Submission in = a_submission();
  in.queue_id = in.reverse_path = "";
  in.message = std::make_shared<const std::string>();
  ASSERT_TRUE(store->hold(in, std::vector{a_copy("")}));
  const auto found = store->submission(in.id);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->reverse_path, "");
  ASSERT_TRUE((*found)->message) << "empty is not missing";
  EXPECT_EQ(*(*found)->message, "");
  EXPECT_EQ(copies_of(in.id).at(0).recipient, "");
}

TEST_P(StoreContract, GivesBackCopiesAsTheyWereGiven) {
  NewCopy normal = a_copy("a\xff\r\nb@example.org", noon + 60s, 7);
  normal.parameters = "NOTIFY=NEVER ORCPT=rfc822;a@b";
  NewCopy bcc = a_copy("b@example.org", {}, 8);
  bcc.kind = CopyKind::bcc;
  NewCopy dropped = a_copy("not an address", noon + 60s, 9);
  dropped.drop_reason = "Invalid";
  const std::string id = hold({normal, bcc, dropped});
  reopen();

  const auto copies = copies_of(id);
  ASSERT_EQ(copies.size(), 3u);
  EXPECT_EQ(copies[0].submission_id, id);
  EXPECT_EQ(copies[0].recipient, normal.recipient);
  EXPECT_EQ(copies[0].parameters, normal.parameters);
  EXPECT_EQ(copies[0].index, 7u);
  EXPECT_EQ(copies[0].kind, CopyKind::normal);
  EXPECT_EQ(copies[0].state, CopyState::waiting);
  EXPECT_EQ(copies[0].due, noon + 60s);
  EXPECT_EQ(copies[0].next, noon + 60s);
  EXPECT_EQ(copies[0].attempts, 0);
  EXPECT_EQ(copies[1].kind, CopyKind::bcc);
  EXPECT_EQ(copies[1].due, noon) << "at once: when it was received";
  EXPECT_EQ(copies[2].state, CopyState::dropped);
  EXPECT_EQ(copies[2].reply, "Invalid");
}

TEST_P(StoreContract, NeverOffersADroppedCopyAndFinishesASubmissionOfNothingElse) {
  NewCopy dropped = a_copy("x");
  dropped.drop_reason = "Invalid";
  const std::string only_dropped = hold({dropped});
  const std::string empty = hold(std::vector<NewCopy>());
  EXPECT_TRUE(offered(noon + 1h).empty());
  sweep(noon + 1h);
  EXPECT_FALSE(has_message(only_dropped));
  EXPECT_FALSE(has_message(empty));
}

TEST_P(StoreContract, KeepsTenThousandCopiesOrNone) {
  const std::string id = hold(10'000);
  EXPECT_EQ(copies_of(id).size(), 10'000u);

  Submission again = a_submission();
  again.id = id;  // taken
  std::vector<NewCopy> copies(10'000, a_copy("x@example.org"));
  EXPECT_FALSE(store->hold(again, copies));
  EXPECT_EQ(store->counts(noon)->waiting, 10'000u);
}

TEST_P(StoreContract, RefusesIdsThatAreNone) {
  const struct {
    const char* why;
    std::string id, batch_id;
  } cases[] = {
      {"empty", "", ""},
      {"blank", "a b", ""},
      {"NUL", std::string("a\0b", 3), ""},
      {"not ASCII", "\xc3\xbc", ""},
      {"too long", std::string(101, 'a'), ""},
      {"SCH-11: batch id with a slash", "a", "b/c"},
      {"SCH-11: batch id too long", "a", std::string(101, 'b')},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Submission submission = a_submission(c.batch_id);
    submission.id = c.id;
    EXPECT_FALSE(store->hold(submission, std::vector{a_copy("a@example.org")}));
  }
  EXPECT_EQ(store->counts(noon)->waiting, 0u);
}

TEST_P(StoreContract, HoldsAJobWithTheSameKeyOnce) {  // RI-14
  const Submission first = a_submission(), again = a_submission(), other = a_submission();
  const std::vector copies{a_copy("a@example.org")};
  const std::string key = "job" + any_octets;
  EXPECT_EQ(*store->hold(first, copies, key), first.id);
  EXPECT_EQ(*store->hold(again, copies, key), first.id);
  EXPECT_FALSE(is_known(again.id));
  EXPECT_EQ(*store->hold(other, copies, key + "2"), other.id);
  EXPECT_EQ(store->counts(noon)->waiting, 2u);

  settle(claim(noon), Outcome::Kind::sent, noon);
  sweep(noon + 1s);
  EXPECT_EQ(*store->hold(again, copies, key), first.id) << "also when it is finished";
  sweep(noon + 2h, noon + 1h);
  EXPECT_EQ(*store->hold(again, copies, key), again.id) << "until it is forgotten";
}

TEST_P(StoreContract, DoesNotKnowWhatWasNeverHeld) {
  EXPECT_FALSE(is_known("unknown"));
  EXPECT_FALSE(is_known(""));
  EXPECT_FALSE(is_known("\xff' OR 1=1 --"));
}

TEST_P(StoreContract, IsWellWhenNew) {
  const Status checked = store->check();
  EXPECT_TRUE(checked) << checked.error().text;
}

}  // namespace
}  // namespace smtpapi
