// What `smtpapictl postfix-setup` changes in main.cf and master.cf, worked out from what is there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/ctl/facts.h"
#include "milter/ctl/postfix_config.h"
#include "milter/options.h"

namespace smtpapi::ctl {

struct PostfixChange {
  enum class Kind {
    table,      ///< a file of header checks; `name` is its path
    parameter,  ///< of main.cf
    service,    ///< of master.cf; `name` is as postconf -M takes it, "127.0.0.1:10026/inet"
  };
  Kind kind = Kind::parameter;
  std::string name;
  std::optional<std::string> before;  ///< nothing: it is not there, or at Postfix's default
  std::string after;

  bool operator==(const PostfixChange&) const = default;
};

struct PostfixSetup {
  std::vector<PostfixChange> changes;  ///< in the order in which mail never meets half of them
  std::vector<std::string> remarks;    ///< what is left to the administrator, one sentence each
  std::vector<std::string> refusals;  ///< not empty: nothing may be changed; why, and what mends it
};

/// What main.cf itself sets, variables as written: the output of `postconf -n`.
using MainCf = std::map<std::string, std::string, std::less<>>;
MainCf parse_main_cf(std::string_view text);

/// No changes when all is there already. `has_table`: the file of header checks is there.
/// `way_back`: where mail to the domain of inject.return-path goes now; nothing without that.
PostfixSetup plan_postfix_setup(const Settings& settings, const PostfixConfig& config,
                                const MainCf& main_cf, bool has_table,
                                const std::optional<ReturnPathFacts>& way_back = {});

/// The file of header checks below the configuration folder, and what stands in it.
std::string header_table_path(const PostfixConfig& config);
extern const std::string_view header_table;

/// What takes the changes back where they still stand as they were made, in reverse order. A list
/// that has been changed since loses our entry only; what else was changed is left, with a remark.
PostfixSetup plan_postfix_undo(const std::vector<PostfixChange>& made, const PostfixConfig& config,
                               const MainCf& main_cf);

}  // namespace smtpapi::ctl
