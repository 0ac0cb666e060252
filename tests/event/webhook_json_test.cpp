#include "event/webhook_json.h"

#include <gtest/gtest.h>

#include <functional>

namespace smtpapi {
namespace {

constexpr const char* submission = "3kX0aQm9T1uYvZbC5dEfGw";

/// Everything that any kind has; what a kind has not must not show.
Event full_event(EventKind kind) {
  Event event;
  event.id = "ID";
  event.kind = kind;
  event.time = from_unix(1'700'000'000);
  event.submission_id = submission;
  event.index = 7;
  event.recipient = "ann@example.org";
  event.ip = "192.0.2.7";
  event.useragent = "Mozilla/5.0";
  event.url = "https://example.org/a?b=<c>&d";
  event.link = 2;
  event.link_type = LinkType::text;
  event.group = 4;
  event.reason = "550 5.1.1 no";
  event.response = "250 ok";
  event.status = "5.1.1";
  event.bounce_type = "bounce";
  event.classification = "Invalid Address";
  event.attempt = 3;
  event.tls = true;
  return event;
}

EventContext full_context() {
  EventContext context;
  context.message_id = "<job42@app.example.org>";
  context.category = {"news"};
  context.category_is_array = true;
  context.unique_args = {{"job", "42"}, {"account", "314"}};
  context.send_at = 1'700'003'600;
  context.pool = "a";
  context.group = 5;
  return context;
}

std::string json_of(const Event& event, const EventContext& context = full_context(),
                    bool extra_fields = false) {
  std::string out;
  append_event_json(out, event, context, {"mx1", extra_fields});
  return out;
}

TEST(WebhookJsonTest, HasTheFieldsOfItsKind) {  // EVT-9, column by column
  const struct {
    EventKind kind;
    const char* want;
  } cases[] = {
      {EventKind::processed,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"processed","job":"42","pool":{"id":1913001111,"name":"a"},)"
       R"("send_at":1700003600,"sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","smtp-id":"<job42@app.example.org>",)"
       R"("timestamp":1700000000})"},
      {EventKind::dropped,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"dropped","job":"42","reason":"550 5.1.1 no","sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","smtp-id":"<job42@app.example.org>",)"
       R"("timestamp":1700000000})"},
      {EventKind::delivered,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"delivered","ip":"192.0.2.7","job":"42","response":"250 ok",)"
       R"("sg_event_id":"ID","sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0",)"
       R"("smtp-id":"<job42@app.example.org>","timestamp":1700000000,"tls":1})"},
      {EventKind::deferred,
       R"({"account":"314","asm_group_id":4,"attempt":"3","category":["news"],)"
       R"("email":"ann@example.org","event":"deferred","ip":"192.0.2.7","job":"42",)"
       R"("response":"250 ok","sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","smtp-id":"<job42@app.example.org>",)"
       R"("timestamp":1700000000})"},
      {EventKind::bounce,
       R"({"account":"314","asm_group_id":4,"bounce_classification":"Invalid Address",)"
       R"("category":["news"],"email":"ann@example.org","event":"bounce","ip":"192.0.2.7",)"
       R"("job":"42","reason":"550 5.1.1 no","sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","smtp-id":"<job42@app.example.org>",)"
       R"("status":"5.1.1","timestamp":1700000000,"tls":1,"type":"bounce"})"},
      {EventKind::open,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"open","ip":"192.0.2.7","job":"42","sg_content_type":"html",)"
       R"("sg_event_id":"ID","sg_machine_open":false,)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","timestamp":1700000000,)"
       R"("useragent":"Mozilla/5.0"})"},
      {EventKind::click,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"click","ip":"192.0.2.7","job":"42","sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","timestamp":1700000000,)"
       R"("url":"https://example.org/a?b=<c>&d","url_offset":{"index":2,"type":"text"},)"
       R"("useragent":"Mozilla/5.0"})"},
      {EventKind::spam_report,
       R"({"account":"314","category":["news"],"email":"ann@example.org","event":"spamreport",)"
       R"("job":"42","sg_event_id":"ID","sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0",)"
       R"("timestamp":1700000000})"},
      {EventKind::unsubscribe,
       R"({"account":"314","category":["news"],"email":"ann@example.org","event":"unsubscribe",)"
       R"("job":"42","sg_event_id":"ID","sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0",)"
       R"("timestamp":1700000000})"},
      {EventKind::group_unsubscribe,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"group_unsubscribe","ip":"192.0.2.7","job":"42","sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","timestamp":1700000000,)"
       R"("url":"https://example.org/a?b=<c>&d","useragent":"Mozilla/5.0"})"},
      {EventKind::group_resubscribe,
       R"({"account":"314","asm_group_id":4,"category":["news"],"email":"ann@example.org",)"
       R"("event":"group_resubscribe","ip":"192.0.2.7","job":"42","sg_event_id":"ID",)"
       R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-7.0","timestamp":1700000000,)"
       R"("url":"https://example.org/a?b=<c>&d","useragent":"Mozilla/5.0"})"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(json_of(full_event(c.kind)), c.want);
  }
}

TEST(WebhookJsonTest, ADelayedBounceIsToldWithoutTheMessagesId) {  // EVT-9
  Event late = full_event(EventKind::bounce);
  late.attempt = after_delivery;
  EXPECT_EQ(json_of(late),
            R"({"account":"314","asm_group_id":4,"bounce_classification":"Invalid Address",)"
            R"("category":["news"],"email":"ann@example.org","event":"bounce","ip":"192.0.2.7",)"
            R"("job":"42","reason":"550 5.1.1 no","sg_event_id":"ID",)"
            R"("smtp-id":"<job42@app.example.org>","status":"5.1.1","timestamp":1700000000,)"
            R"("tls":1,"type":"bounce"})");
  for (const EventKind kind : event_kinds) {  // the number means nothing to others
    Event other = full_event(kind);
    other.attempt = after_delivery;
    EXPECT_EQ(json_of(other).find("sg_message_id") == std::string::npos, kind == EventKind::bounce);
  }
}

TEST(WebhookJsonTest, LeavesOutWhatIsNotKnown) {
  for (const EventKind kind : event_kinds) {
    Event event;
    event.kind = kind;
    event.id = "ID";
    event.submission_id = submission;
    event.recipient = "a@b";
    const std::string name(to_string(event.kind));
    SCOPED_TRACE(name);
    const bool is_processed = event.kind == EventKind::processed;
    const bool is_open = event.kind == EventKind::open;
    EXPECT_EQ(json_of(event, {}),
              "{\"email\":\"a@b\",\"event\":\"" + name + "\"" +
                  (is_processed ? ",\"send_at\":0" : "") +
                  (is_open ? ",\"sg_content_type\":\"html\"" : "") + ",\"sg_event_id\":\"ID\"" +
                  (is_open ? ",\"sg_machine_open\":false" : "") +
                  ",\"sg_message_id\":\"3kX0aQm9T1uYvZbC5dEfGw.mx1-0.0\",\"timestamp\":0}");
  }
}

TEST(WebhookJsonTest, WritesValues) {
  const struct {
    const char* why;
    EventKind kind;
    std::function<void(Event&, EventContext&)> change;
    const char* has;
    const char* has_not = "\x01";
  } cases[] = {
      {"CAT-6: a string stays a string", EventKind::processed,
       [](Event&, EventContext& c) { c.category_is_array = false; }, R"("category":"news",)"},
      {"CAT-6: an array stays one", EventKind::processed,
       [](Event&, EventContext& c) {
         c.category = {"a", "b"};
       },
       R"("category":["a","b"],)"},
      {"CAT-5: Unicode", EventKind::processed,
       [](Event&, EventContext& c) { c.category = {"\xC3\xBC"}; }, "\"category\":[\"\xC3\xBC\"]"},
      {"no category", EventKind::processed, [](Event&, EventContext& c) { c.category = {}; },
       R"("email")", R"("category")"},
      {"the message's group", EventKind::delivered,
       [](Event& e, EventContext&) { e.group.reset(); }, R"("asm_group_id":5,)"},
      {"no group", EventKind::delivered,
       [](Event& e, EventContext& c) { e.group.reset(), c.group.reset(); }, R"("email")",
       R"("asm_group_id")"},
      {"UA-4: a field of the event wins", EventKind::click,
       [](Event&, EventContext& c) {
         c.unique_args = {{"url", "mine"}, {"email", "mine"}};
       },
       R"("url":"https://example.org/a?b=<c>&d")", "mine"},
      {"UA-4: where the event has that field", EventKind::delivered,
       [](Event&, EventContext& c) {
         c.unique_args = {{"url", "mine"}};
       },
       R"("url":"mine")"},
      {"UA-4: also one that is not known here", EventKind::bounce,
       [](Event& e, EventContext& c) {
         e.status = "", c.unique_args = {{"status", "mine"}};
       },
       R"("status":"mine")"},
      {"an argument without name", EventKind::open,
       [](Event&, EventContext& c) {
         c.unique_args = {{"", "x"}};
       },
       R"({"":"x","asm_group_id")"},
      {"arguments in the order of their octets", EventKind::open,
       [](Event&, EventContext& c) {
         c.unique_args = {{"zz", ""}, {"z z", ""}, {"z", ""}, {"Z", ""}};
       },
       R"(,"z":"","z z":"","zz":""})"},
      {"capitals first", EventKind::open,
       [](Event&, EventContext& c) {
         c.unique_args = {{"Z", ""}};
       },
       R"({"Z":"","asm_group_id")"},
      {"one name once", EventKind::open,
       [](Event&, EventContext& c) {
         c.unique_args = {{"z\xFF", "1"}, {"z\xFE", "2"}};
       },
       "\"z\xEF\xBF\xBD\":\"1\"}", "\"2\""},
      {"octets that are no UTF-8", EventKind::open,
       [](Event& e, EventContext&) { e.useragent = "M\xFF\x01\n\""; },
       "\"useragent\":\"M\xEF\xBF\xBD\\u0001\\n\\\"\""},
      {"an address that is no UTF-8", EventKind::dropped,
       [](Event& e, EventContext&) { e.recipient = "\xE4@b"; }, "\"email\":\"\xEF\xBF\xBD@b\""},
      {"a machine opened it", EventKind::open,
       [](Event& e, EventContext&) { e.machine = "mail proxy: Google"; },
       R"("sg_machine_open":true)", "proxy"},
      {"AMP", EventKind::open, [](Event& e, EventContext&) { e.link_type = LinkType::amp; },
       R"("sg_content_type":"amp")"},
      {"no TLS", EventKind::delivered, [](Event& e, EventContext&) { e.tls = false; },
       R"("tls":0)"},
      {"an unknown link", EventKind::click, [](Event& e, EventContext&) { e.link.reset(); },
       R"("url":)", "url_offset"},
      {"a negative group", EventKind::click, [](Event& e, EventContext&) { e.group = -1; },
       R"("asm_group_id":-1,)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Event event = full_event(c.kind);
    EventContext context = full_context();
    c.change(event, context);
    const std::string json = json_of(event, context);
    EXPECT_NE(json.find(c.has), std::string::npos) << json;
    EXPECT_EQ(json.find(c.has_not), std::string::npos) << json;
  }
}

TEST(WebhookJsonTest, TellsTheVerdictOnlyWhereItIsWanted) {
  for (const EventKind kind : event_kinds) {
    Event event = full_event(kind);
    const bool is_engagement = event.kind == EventKind::open || event.kind == EventKind::click;
    EXPECT_EQ(json_of(event).find("smtpapi_"), std::string::npos);
    const std::string human = json_of(event, full_context(), true);
    EXPECT_EQ(human.find(R"("smtpapi_verdict":"human")") != std::string::npos, is_engagement);
    EXPECT_EQ(human.find("smtpapi_verdict_reason"), std::string::npos);
    event.machine = "HEAD";
    const std::string machine = json_of(event, full_context(), true);
    EXPECT_EQ(machine.find(R"("smtpapi_verdict":"machine","smtpapi_verdict_reason":"HEAD")") !=
                  std::string::npos,
              is_engagement);
  }
}

TEST(WebhookJsonTest, NamesTheHostShortly) {
  const struct {
    const char* name;
    const char* want;
  } cases[] = {{"mx1.example.org", "mx1"}, {"mx1", "mx1"},          {"", "localhost"},
               {".x", "localhost"},        {"m x\"_.org", "m-x--"}, {"\xC3\xBC.org", "--"}};
  for (const auto& c : cases) EXPECT_EQ(short_host(c.name), c.want);
}

TEST(WebhookJsonTest, NumbersPoolsByName) {  // POOL-3
  EXPECT_EQ(pool_number("a"), pool_number("a"));
  EXPECT_NE(pool_number("a"), pool_number("b"));
  for (const char* name : {"", "a", "marketing", "transactional"}) {
    EXPECT_GT(pool_number(name), 0);
    EXPECT_LE(pool_number(name), 0x7FFFFFFF);
  }
}

}  // namespace
}  // namespace smtpapi
