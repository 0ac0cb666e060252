// Postfix's configuration as postconf(1) tells it, and what its values mean to us.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi::ctl {

/// One line of master.cf.
struct PostfixService {
  std::string name;  ///< "smtp", "127.0.0.1:10026", "cleanup"
  std::string type;  ///< "inet", "unix", "pass", "fifo"
  bool is_private = false;
  bool is_chrooted = false;
  std::string process_limit;  ///< "-": default_process_limit; "0": none
  std::string program;        ///< "smtpd"
  std::string arguments;      ///< all that stands behind it, as postconf -M has it
  std::map<std::string, std::string, std::less<>> overrides;  ///< -o, variables expanded

  std::string key() const { return name + "/" + type; }  ///< as postconf -P takes it
};

struct PostfixConfig {
  std::string folder;                                          ///< of main.cf
  std::map<std::string, std::string, std::less<>> parameters;  ///< all, variables expanded
  std::vector<PostfixService> services;

  /// "" when it is not set.
  std::string_view get(std::string_view parameter) const;
  /// With the service's own overrides.
  std::string_view get(const PostfixService& service, std::string_view parameter) const;
  /// Null if there is none.
  const PostfixService* find(std::string_view name, std::string_view type) const;
  /// The cleanup(8) that takes in what comes through `service`; null if there is none.
  const PostfixService* cleanup_of(const PostfixService& service) const;
};

/// From the output of `postconf -x`, `postconf -M` and `postconf -P -x`. Lines that make no sense
/// are passed over.
PostfixConfig parse_postfix_config(std::string_view parameters, std::string_view services,
                                   std::string_view overrides);

/// One entry of a list of milters.
struct PostfixMilter {
  std::string endpoint;  ///< "unix:/smtpapi/milter.sock", "inet:127.0.0.1:8891"
  std::map<std::string, std::string, std::less<>> attributes;  ///< "default_action" -> "tempfail"
  std::string text;  ///< as it can be written back, without blanks: master.cf takes none
};
/// The value of smtpd_milters: entries parted by commas and blanks, `{ endpoint, name=value ... }`
/// among them.
std::vector<PostfixMilter> parse_milters(std::string_view value);

/// The entries of a list parted by commas and blanks; what stands in braces stays together.
std::vector<std::string> parse_list(std::string_view value);

/// A list of lookup tables: "regexp:/x, pcre:/y". Inline tables in braces stay one entry.
std::vector<std::string> parse_tables(std::string_view value);

/// Where a milter listens.
struct MilterAddress {
  std::string path;  ///< of a UNIX socket, seen from outside any chroot; else ""
  std::string host;  ///< without brackets; "" any
  std::string port;
  bool is_unix() const { return !path.empty(); }
};
/// As Postfix writes it: a relative path, and in a chroot an absolute one as well, begins at
/// `queue_directory` (PF-5). Nothing when it is neither.
std::optional<MilterAddress> postfix_milter_address(std::string_view endpoint, bool is_chrooted,
                                                    std::string_view queue_directory);
/// As libmilter and `milter.socket` write it (LM-10).
std::optional<MilterAddress> libmilter_address(std::string_view socket);
/// How Postfix writes the address of `socket` (libmilter's form); "" when a chroot hides it.
std::string as_postfix_writes(const MilterAddress& address, bool is_chrooted,
                              std::string_view queue_directory);
/// Whether both are the same place: a host that is not given, or is loopback on both sides, counts.
bool is_same_place(const MilterAddress& a, const MilterAddress& b);

/// As libmilter writes it.
std::string text(const MilterAddress& address);

bool is_loopback(std::string_view host);

}  // namespace smtpapi::ctl
