// What a refusal means: whose fault it is (EVT-11) and what it is about (EVT-10).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/suppression.h"

namespace smtpapi {

struct BounceVerdict {
  std::string type;            ///< "bounce": a lasting problem of the address; else "blocked"
  std::string classification;  ///< "Invalid Address" ... "Unclassified"
  SuppressionList list = SuppressionList::blocks;  ///< where the address goes (SUPP-1)
};

/// The table of etc/bounce-classes.conf. Immutable, so threads may share it.
class BounceClasses {
 public:
  /// Reads the file's text. Errors: invalid, each mistake on a line of its own: "line 3: ...".
  static Result<BounceClasses> parse(std::string_view text);
  /// As the release brings it.
  static const BounceClasses& built_in();

  /// What a refusal for good means. `status_code`: enhanced (RFC 3463), "" if unknown;
  /// `reply_code`: of SMTP, 0 if unknown; `text`: the refusal in whatever words. Whoever gave up
  /// after retries replaces the type by "expired".
  BounceVerdict verdict(std::string_view status_code, int reply_code, std::string_view text) const;

 private:
  struct Rule {
    std::string classification;
    std::string status;  ///< as in the file
    std::string reply;
    std::string text;  ///< lower case; "" any
  };
  std::vector<Rule> rules_;
};

/// By the built-in table.
BounceVerdict classify_bounce(std::string_view status_code, int reply_code, std::string_view text);

}  // namespace smtpapi
