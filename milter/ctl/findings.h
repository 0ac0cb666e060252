// What `smtpapictl doctor` found: good, worth knowing, or broken, and how to mend it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpapi::ctl {

enum class Health {
  ok,
  warning,  ///< works, but not as well or as safely as it could
  failure,  ///< does not work, or loses or leaks something
};

struct Finding {
  Health health = Health::ok;
  std::string check;  ///< the name of the check
  std::string found;
  std::string why;               ///< why it matters; "" when all is well
  std::vector<std::string> fix;  ///< commands, or a sentence where no command does it; what it is
                                 ///< about has been quoted for the shell
};

class Findings {
 public:
  void ok(std::string_view check, std::string found) {
    all_.push_back({Health::ok, std::string(check), std::move(found), {}, {}});
  }
  void warn(std::string_view check, std::string found, std::string why,
            std::vector<std::string> fix) {
    all_.push_back(
        {Health::warning, std::string(check), std::move(found), std::move(why), std::move(fix)});
  }
  void fail(std::string_view check, std::string found, std::string why,
            std::vector<std::string> fix) {
    all_.push_back(
        {Health::failure, std::string(check), std::move(found), std::move(why), std::move(fix)});
  }

  const std::vector<Finding>& all() const { return all_; }
  std::size_t count(Health health) const;

 private:
  std::vector<Finding> all_;
};

/// `text` as one word for sh(1): quoted where that is needed.
std::string shell_word(std::string_view text);

}  // namespace smtpapi::ctl
