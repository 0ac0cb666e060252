#include "job/tracking.h"

#include <gtest/gtest.h>

#include "store/open_store.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"
#include "track/urls.h"

namespace smtpapi {
namespace {

constexpr const char* secret = "0123456789abcdef0123456789abcdef0123456789abcdef\n";
constexpr const char* foreign = "another secret, another secret, another secret !\n";
constexpr const char* form_type = "application/x-www-form-urlencoded";

LinkKeys keys_of(const char* text) {
  auto keys = LinkKeys::parse(text);
  EXPECT_TRUE(keys);
  return *std::move(keys);
}

class TrackingTest : public testing::Test {
 protected:
  TrackingTest() : keys_(keys_of(secret)) {
    auto store = open_store("sqlite://" + (folder_ / "store.db"), StoreAccess::create);
    EXPECT_TRUE(store);
    store_ = *std::move(store);
    for (const auto& [id, name, is_default] :
         {std::tuple{7, "News", true}, {8, "Offers <b>", true}, {9, "Tips", false}}) {
      Group group;
      group.id = id;
      group.name = name;
      group.is_default = is_default;
      EXPECT_TRUE(store_->add_group(group));
    }
    begin(false);
  }
  void begin(bool unsubscribe_on_get) {
    auto pages = Pages::load("/nonexistent");
    EXPECT_TRUE(pages);
    endpoint_.emplace(
        std::make_shared<TrackingSetup>(TrackingSetup{keys_of(secret),
                                                      *std::move(pages),
                                                      "https://links.example.com",
                                                      {"127.0.0.0/8"},
                                                      unsubscribe_on_get}),
        *store_, [this](Hit hit) { hits_.push_back(std::move(hit)); }, clock_);
  }

  Link link(LinkKind kind, std::optional<std::int64_t> group = {}) const {
    Link out;
    out.kind = kind;
    out.submission_id = "SGVsbG8sIHdvcmxkISAxMg";
    out.index = 3;
    out.recipient = "Ann@example.org";
    out.group = group;
    if (kind == LinkKind::click) out.url = "https://shop.example.com/?a=b&c=%20d#e";
    return out;
  }
  HttpRequest request(const Link& to, const char* method = "GET") const {
    const std::string url = std::string(path_of(to.kind)) + keys_.token(to);
    const auto mark = url.find('?');
    HttpRequest out;
    out.method = method;
    out.path = url.substr(0, mark);
    out.query = url.substr(mark + 1);
    out.peer = "127.0.0.1";
    out.forwarded_for = "198.51.100.7";
    out.user_agent = "Browser/1.0";
    return out;
  }
  HttpResponse ask(const HttpRequest& what) {
    auto response = endpoint_->answer_at_once(what);
    return response ? *std::move(response) : endpoint_->answer(what);
  }
  HttpResponse post(const Link& to, std::string body, std::string type = form_type) {
    HttpRequest what = request(to, "POST");
    what.body = std::move(body);
    what.content_type = std::move(type);
    return ask(what);
  }
  static std::string field(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.fields) {
      if (key == name) return value;
    }
    return {};
  }
  /// "global", "group 7 8"
  std::string lists() {
    std::string out;
    const auto found = store_->suppressed({});
    EXPECT_TRUE(found);
    for (const ListedSuppression& one : *found) {
      out += out.empty() ? "" : " ";
      out += to_string(one.suppression.list);
      if (one.suppression.group) out += std::to_string(one.suppression.group);
    }
    return out;
  }
  std::string events() {
    std::string out;
    const auto found = store_->events({});
    EXPECT_TRUE(found);
    for (const NumberedEvent& one : *found) {
      out += out.empty() ? "" : " ";
      out += to_string(one.event.kind);
    }
    return out;
  }

  const TemporaryFolder folder_;
  const LinkKeys keys_;
  std::unique_ptr<Store> store_;
  ManualClock clock_{from_unix(1'800'000'000)};
  std::vector<Hit> hits_;
  std::optional<TrackingEndpoint> endpoint_;
};

TEST_F(TrackingTest, AClickIsSentOnExactly) {
  for (const char* url :
       {"https://example.com", "http://user@example.com:81/a?b=c&d=%2F#e",
        "https://example.com/\xC3\xA4\xFF?q=\"<>\"", "https://example.com/ a", "x:", ""}) {
    SCOPED_TRACE(url);
    Link to = link(LinkKind::click);
    to.url = url;
    hits_.clear();
    const HttpResponse response = ask(request(to));
    EXPECT_EQ(response.status, 302u);
    EXPECT_EQ(field(response, "Location"), url) << "TRK-3: byte for byte";
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
    ASSERT_EQ(hits_.size(), 1u);
    EXPECT_EQ(hits_[0].link, to);
    EXPECT_EQ(hits_[0].client, "198.51.100.7");
    EXPECT_EQ(hits_[0].user_agent, "Browser/1.0");
    EXPECT_EQ(hits_[0].time, clock_.now());
  }
}

TEST_F(TrackingTest, HeadIsAnsweredAlikeWithoutEvent) {
  EXPECT_EQ(ask(request(link(LinkKind::click), "HEAD")).status, 302u);
  EXPECT_EQ(ask(request(link(LinkKind::open), "HEAD")).status, 200u);
  EXPECT_TRUE(hits_.empty());
}

TEST_F(TrackingTest, ATargetCannotBeForged) {
  const std::string good = keys_.token(link(LinkKind::click));
  std::string changed = good;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  const struct {
    const char* why;
    std::string query;
  } cases[] = {
      {"none", ""},
      {"empty", "upn="},
      {"no token", "upn=https://evil.example"},
      {"changed", "upn=" + changed},
      {"cut at its end", "upn=" + good.substr(0, good.size() - 1)},
      {"cut in the middle", "upn=" + good.substr(0, good.size() / 2)},
      {"longer", "upn=" + good + "A"},
      {"padded", "upn=" + good + "="},
      {"twice", "upn=" + good + good},
      {"of another key", "upn=" + keys_of(foreign).token(link(LinkKind::click))},
      {"of an open", "upn=" + keys_.token(link(LinkKind::open))},
      {"of an unsubscribe link", "upn=" + keys_.token(link(LinkKind::unsubscribe))},
      {"under another name", "url=" + good},
      {"the first counts", "upn=x&upn=" + good},
      {"very long", "upn=" + std::string(100'000, 'A')},
      {"not text", "upn=\xFF\xFE%00"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    HttpRequest what = request(link(LinkKind::click));
    what.query = c.query;
    const HttpResponse response = ask(what);
    EXPECT_EQ(response.status, 404u) << "TRK-2";
    EXPECT_EQ(field(response, "Location"), "");
  }
  EXPECT_TRUE(hits_.empty()) << "no event";
}

TEST_F(TrackingTest, TheTokenAloneDecides) {
  const std::string good = keys_.token(link(LinkKind::click));
  for (const std::string& query : {"upn=" + good + "&utm_source=x", "a=b&upn=" + good,
                                   "upn=" + good + "&url=https://evil.example"}) {
    HttpRequest what = request(link(LinkKind::click));
    what.query = query;
    EXPECT_EQ(field(ask(what), "Location"), link(LinkKind::click).url) << query;
  }
  EXPECT_EQ(ask(request(link(LinkKind::click))).status, 302u) << "again and again (TRK-9)";
}

TEST_F(TrackingTest, ATargetWithLineBreaksIsNoHeader) {
  Link to = link(LinkKind::click);
  to.url = "https://example.com/\r\nSet-Cookie: a=b";
  EXPECT_EQ(ask(request(to)).status, 404u) << "LIB-24";
  EXPECT_TRUE(hits_.empty());
}

TEST_F(TrackingTest, APixelAlwaysComes) {
  const HttpResponse good = ask(request(link(LinkKind::open)));
  HttpRequest forged = request(link(LinkKind::open));
  forged.query = "upn=forged";
  const HttpResponse bad = ask(forged);
  for (const HttpResponse& response : {good, bad}) {
    EXPECT_EQ(response.status, 200u) << "TRK-4";
    EXPECT_EQ(response.body.size(), 43u);
    EXPECT_TRUE(response.body.starts_with("GIF89a"));
    EXPECT_EQ(field(response, "Content-Type"), "image/gif");
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  }
  EXPECT_EQ(hits_.size(), 1u) << "OPEN-4: each fetch, TRK-4: not the forged one";
}

TEST_F(TrackingTest, OnePostIsEnough) {
  const struct {
    const char* why;
    const char* type;
    const char* body;
  } cases[] = {
      {"RFC 8058", form_type, "List-Unsubscribe=One-Click"},
      {"multipart", "multipart/form-data; boundary=x",
       "--x\r\nContent-Disposition: form-data; "
       "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--"},
      {"the button", form_type, "action=unsubscribe"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const HttpResponse response = post(link(LinkKind::unsubscribe), c.body, c.type);
    EXPECT_EQ(response.status, 200u) << "TRK-6";
    EXPECT_EQ(field(response, "Location") + field(response, "Set-Cookie"), "");
    EXPECT_EQ(lists(), "global") << "UNSUB-1";
  }
  EXPECT_EQ(events(), "unsubscribe") << "TRK-8: once";
}

TEST_F(TrackingTest, NothingElseUnsubscribes) {
  for (const char* method : {"GET", "HEAD"}) {
    EXPECT_EQ(ask(request(link(LinkKind::unsubscribe), method)).status, 200u) << "TRK-7";
  }
  for (const char* body :
       {"", "List-Unsubscribe=No", "List-Unsubscribe", "x=One-Click", "action=delete", "{}", "%"}) {
    EXPECT_EQ(post(link(LinkKind::unsubscribe), body).status, 400u) << body;
  }
  EXPECT_EQ(post(link(LinkKind::unsubscribe), "List-Unsubscribe=One-Click", "text/plain").status,
            400u);
  EXPECT_EQ(post(link(LinkKind::click), "List-Unsubscribe=One-Click").status, 405u);
  HttpRequest forged = request(link(LinkKind::unsubscribe), "POST");
  forged.query += "A";
  forged.body = "List-Unsubscribe=One-Click";
  EXPECT_EQ(ask(forged).status, 404u);
  EXPECT_EQ(lists() + events(), "");
}

TEST_F(TrackingTest, AGetUnsubscribesWhereTheOperatorWantsIt) {
  begin(true);
  EXPECT_EQ(ask(request(link(LinkKind::unsubscribe), "HEAD")).status, 200u);
  EXPECT_EQ(lists(), "");
  EXPECT_EQ(ask(request(link(LinkKind::unsubscribe))).status, 200u);
  EXPECT_EQ(lists(), "global");
}

TEST_F(TrackingTest, LeavesTheGroupAndComesBack) {
  const Link to = link(LinkKind::group_unsubscribe, 8);
  EXPECT_NE(ask(request(to)).body.find("Offers &lt;b&gt;"), std::string::npos) << "escaped";
  EXPECT_EQ(post(to, "List-Unsubscribe=One-Click").status, 200u);
  EXPECT_EQ(lists(), "group8");
  EXPECT_EQ(post(to, "action=resubscribe").status, 200u);
  EXPECT_EQ(post(to, "action=resubscribe").status, 200u);
  EXPECT_EQ(lists(), "");
  EXPECT_EQ(events(), "group_unsubscribe group_resubscribe") << "ASM-11";
  const auto told = store_->events({});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->front().event.group, 8);
  EXPECT_EQ(told->front().event.ip, "198.51.100.7");
  EXPECT_EQ(told->front().event.recipient, "Ann@example.org");
}

TEST_F(TrackingTest, AGroupThatIsGoneMeansEverything) {
  EXPECT_EQ(post(link(LinkKind::group_unsubscribe, 99), "action=unsubscribe").status, 200u);
  EXPECT_EQ(lists(), "global") << "ASM-3";
  EXPECT_EQ(events(), "unsubscribe");
  EXPECT_EQ(post(link(LinkKind::group_unsubscribe), "action=resubscribe").status, 200u);
  EXPECT_EQ(lists(), "");
}

TEST_F(TrackingTest, ThePreferencesShowTheOwnGroupFirst) {
  Link to = link(LinkKind::preferences, 9);
  to.groups = {8, 9, 1234};
  std::string body = ask(request(to)).body;
  const auto tips = body.find("Tips"), offers = body.find("Offers");
  EXPECT_LT(tips, offers) << "ASM-4";
  EXPECT_NE(offers, std::string::npos);
  EXPECT_EQ(body.find("Tips", tips + 1), std::string::npos) << "once";
  EXPECT_EQ(body.find("News"), std::string::npos);

  to.groups = {};
  body = ask(request(to)).body;
  EXPECT_NE(body.find("Tips"), std::string::npos);
  EXPECT_NE(body.find("News"), std::string::npos) << "the default groups";
}

TEST_F(TrackingTest, ThePreferencesAreSaved) {
  Link to = link(LinkKind::preferences, 9);
  to.groups = {7, 8};
  EXPECT_EQ(post(to, "shown=9&shown=7&shown=8&group=7&action=save").status, 200u);
  EXPECT_EQ(lists(), "group9 group8");
  EXPECT_EQ(post(to, "shown=9&shown=7&shown=8&group=8&group=7&action=save").status, 200u);
  EXPECT_EQ(lists(), "group9");
  EXPECT_EQ(events(), "group_unsubscribe group_unsubscribe group_resubscribe");
  EXPECT_EQ(post(to, "shown=9&action=save").status, 200u) << "what was not shown stays";
  EXPECT_EQ(post(to, "shown=1234&shown=x&action=save").status, 200u) << "what we do not offer";
  EXPECT_EQ(lists(), "group9");
  EXPECT_EQ(post(to, "action=leave-all").status, 200u);
  EXPECT_EQ(lists(), "group9 global");
  EXPECT_EQ(post(to, "action=join-all").status, 200u);
  EXPECT_EQ(lists(), "group9");
  EXPECT_EQ(post(to, "").status, 400u);
  EXPECT_EQ(post(to, "List-Unsubscribe=One-Click").status, 400u);
}

TEST_F(TrackingTest, PagesGuardThemselves) {
  for (const HttpResponse& page :
       {ask(request(link(LinkKind::unsubscribe))), ask(request(link(LinkKind::preferences, 7)))}) {
    EXPECT_TRUE(field(page, "Content-Security-Policy").starts_with("default-src 'none'"));
    EXPECT_EQ(field(page, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(field(page, "X-Frame-Options"), "DENY");
    EXPECT_EQ(field(page, "X-Robots-Tag"), "noindex, nofollow");
    EXPECT_EQ(page.body.find("<script"), std::string::npos);
  }
  Link to = link(LinkKind::unsubscribe);
  to.recipient = "\"<script>alert(1)</script>\"@example.org";
  EXPECT_EQ(ask(request(to)).body.find("<script"), std::string::npos);
}

TEST_F(TrackingTest, TheTrapLooksLikeNothing) {
  EXPECT_EQ(ask(request(link(LinkKind::trap))).status, 404u);
  ASSERT_EQ(hits_.size(), 1u);
  EXPECT_EQ(hits_[0].link.kind, LinkKind::trap);
}

}  // namespace
}  // namespace smtpapi
