// What `postfix-setup --apply` has changed, kept beside main.cf for `--undo`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "milter/ctl/postfix_setup_plan.h"

namespace smtpapi::ctl {

/// Lines of text: "set NAME", "add SERVICE" or "file PATH", then "was VALUE" (none: it was not
/// there) and "now VALUE". Values hold no line breaks; what stands in a file of ours is not kept.
std::string write_setup_record(const std::vector<PostfixChange>& changes);

/// Lines that make no sense are passed over.
std::vector<PostfixChange> read_setup_record(std::string_view text);

/// One record of what was changed at first and again later: the oldest "was", the newest "now".
std::vector<PostfixChange> merged(std::vector<PostfixChange> first,
                                  const std::vector<PostfixChange>& later);

}  // namespace smtpapi::ctl
