// smtpapi-intake itself, with a store in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "store/open_store.h"
#include "support/temporary_folder.h"
#include "tests/milter/child_process.h"

namespace smtpapi {

struct Ended {
  int status;
  std::string errors;
};

class IntakeProgramTest : public testing::Test {
 protected:
  static constexpr const char* two_copies = R"({"to": ["ann@example.org", "bob@example.net"]})";

  static std::string message_with(const std::string& smtpapi,
                                  const std::string& body = "Dear -n-,\r\n") {
    std::string out =
        "From: app@example.org\r\nTo: sink@example.org\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
        "Message-ID: <1@example.org>\r\nSubject: Hello -n-\r\n";
    if (!smtpapi.empty()) out += "X-SMTPAPI: " + smtpapi + "\r\n";
    return out + "\r\n" + body;
  }

  IntakeProgramTest() { configure(""); }

  void configure(const std::string& text) {
    std::ofstream(folder / "smtpapi.conf")
        << text << "\n[store]\nurl = sqlite://" << folder / "store.db"
        << "\n[daemon]\nhostname = mx.example.com\n[log]\nto = stderr\n";
  }

  /// `words` behind --config.
  Ended run(std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), {INTAKE_PROGRAM, "--config=" + (folder / "smtpapi.conf")});
    ChildProcess program(words, folder.path().string(), input);
    const int status = program.wait();
    return {status, program.errors()};
  }
  /// The argv= of master.cf (design: big headers).
  Ended pipe_in(const std::string& input,
                std::vector<std::string> recipients = {"sink@example.org"},
                const std::string& client = "127.0.0.1",
                const std::string& from = "app@example.org") {
    std::vector<std::string> words = {"--from", from,       "--queue-id", "4XyZ12", "--login",
                                      "",       "--client", client,       "--"};
    words.insert(words.end(), recipients.begin(), recipients.end());
    return run(words, input);
  }

  std::vector<Copy> copies() {
    if (!std::filesystem::exists(folder / "store.db")) return {};
    CopyQuery query;
    query.limit = 100'000;
    auto list = store()->list(query);
    EXPECT_TRUE(list);
    return *std::move(list);
  }
  Submission submission(const std::string& id) {
    auto found = store()->submission(id);
    EXPECT_TRUE(found && *found);
    return **std::move(found);
  }
  std::unique_ptr<Store> store() {
    auto opened = open_store("sqlite://" + (folder / "store.db"), StoreAccess::existing);
    EXPECT_TRUE(opened) << opened.error().text;
    return *std::move(opened);
  }

  const TemporaryFolder folder;
};

}  // namespace smtpapi
