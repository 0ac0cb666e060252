// Runs a command of smtpapictl inside the test.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "milter/ctl/command.h"
#include "support/manual_clock.h"

namespace smtpapi::ctl {

struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

/// `words` as on the command line, behind the program's name.
inline Ran run_command(const std::vector<std::string>& words, const Settings& settings, Time now,
                       const std::string& input = {}) {
  const Chosen chosen = choose(words);
  if (!chosen.command) {
    ADD_FAILURE() << chosen.mistake;
    return {};
  }
  const auto arguments =
      Arguments::parse(std::span(words).subspan(chosen.words), chosen.command->options);
  if (!arguments) {
    ADD_FAILURE() << arguments.error().text;
    return {};
  }
  std::istringstream in(input);
  std::ostringstream out, err;
  const ManualClock clock(now);
  const Call call{chosen.command->words, settings, *arguments, clock, in, out, err};
  Ran ran;
  ran.status = chosen.command->run(call);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

}  // namespace smtpapi::ctl
