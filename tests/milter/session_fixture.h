// A session with a real store behind it and no socket before it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "milter/session.h"
#include "store/open_store.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace smtpapi {

inline constexpr Time session_time = Time(seconds(1'800'000'000));

class SessionTest : public testing::Test {
 protected:
  static constexpr const char* two_copies =
      R"( {"to": ["ann@example.org", "bob@example.net"], "sub": {"-n-": ["Ann", "Bob"]}})";

  SessionTest() {
    settings.hostname = "mx.example.com";
    settings.postmaster = "postmaster@mx.example.com";
    settings.trust.networks = {"127.0.0.0/8"};
    open();
  }

  void open(const StoreTuning& tuning = {}) {
    store.reset();
    auto opened = open_store("sqlite://" + (folder / "store.db"), StoreAccess::create, tuning);
    EXPECT_TRUE(opened) << opened.error().text;
    store = *std::move(opened);
    use_settings();
  }
  void use_settings() { service = std::make_shared<const Service>(settings, *store, clock); }

  void connect(std::string address = "127.0.0.1") {
    session.connect("client.example.com", std::move(address), "MTA");
    session.helo("client.example.com");
  }
  void mail(std::vector<std::string_view> arguments = {"<app@example.org>"},
            std::string_view login = "") {
    session.mail_from(arguments, login, false);
  }
  void rcpt(std::vector<std::string_view> arguments = {"<sink@example.org>"}) {
    session.rcpt_to(arguments);
  }
  void headers(std::string_view smtpapi) {
    session.header("From", " app@example.org");
    session.header("To", " sink@example.org");
    session.header("Date", " Mon, 1 Jan 2024 00:00:00 +0000");
    session.header("Message-ID", " <1@example.org>");
    session.header("Subject", " Hello -n-");
    if (!smtpapi.empty()) session.header("X-SMTPAPI", smtpapi);
  }
  /// The rest of a message whose envelope is there.
  Ending finish(std::string_view smtpapi, std::string_view body = "Dear -n-,\r\n") {
    headers(smtpapi);
    EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
    session.body(body);
    return session.end_of_message();
  }
  Ending deliver(std::string_view smtpapi, std::string_view body = "Dear -n-,\r\n") {
    mail();
    rcpt();
    return finish(smtpapi, body);
  }
  std::vector<Copy> copies() {
    auto list = store->list({});
    EXPECT_TRUE(list);
    return *std::move(list);
  }
  Submission submission(const std::string& id) {
    auto found = store->submission(id);
    EXPECT_TRUE(found && *found);
    return **std::move(found);
  }

  TemporaryFolder folder;
  ManualClock clock{session_time};
  IntakeSettings settings;
  std::unique_ptr<Store> store;
  CurrentService service;
  Quota quota{64u << 20};
  MemoryBudget& budget = quota.messages;
  Session session{service, quota};
};

}  // namespace smtpapi
