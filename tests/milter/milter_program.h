// smtpapi-milter itself, running on a UNIX socket in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/open_store.h"
#include "support/temporary_folder.h"
#include "tests/milter/child_process.h"
#include "tests/milter/milter_client.h"

namespace smtpapi {

class MilterProgramTest : public testing::Test {
 protected:
  /// Starts it with `options` and waits until it says READY=1. False when it ended instead.
  bool start(const std::vector<std::string>& options = {});
  /// Writes smtpapi.conf, which the program reads at its start and on SIGUSR1: `text`, and behind
  /// it what makes the program keep to its folder.
  void configure(const std::string& text);

  std::unique_ptr<MilterClient> open_connection();
  /// Negotiated, connected from `address`, greeted.
  std::unique_ptr<MilterClient> connection(const std::string& address = "127.0.0.1");
  MilterOutcome deliver(const MilterMessage& message, const std::string& address = "127.0.0.1");

  std::unique_ptr<Store> store();
  std::vector<Copy> copies();
  std::string kept_message(const Copy& copy);
  /// Waits until `text` stands in the log.
  void wait_for_log(const std::string& text);

  const TemporaryFolder folder;
  const std::string socket = folder / "milter.sock";
  std::unique_ptr<ChildProcess> milter;
};

/// A message with fields of an application and `smtpapi` as the value of its X-SMTPAPI field ("":
/// without one).
MilterMessage message_with(const std::string& smtpapi, const std::string& body = "Dear -n-,\r\n");

}  // namespace smtpapi
