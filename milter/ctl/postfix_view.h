// Postfix's configuration in our terms: ways in, the milter, the pipe, the injection listeners.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/ctl/facts.h"
#include "milter/ctl/postfix_config.h"

namespace smtpapi::ctl {

/// One entry of a milter list, where it applies.
struct MilterUse {
  const PostfixService* service = nullptr;  ///< smtpd(8); cleanup(8) for non_smtpd_milters
  bool is_non_smtpd = false;                ///< mail from sendmail(1) and the like
  PostfixMilter milter;
  std::optional<MilterAddress> address;
  bool is_ours = false;
  bool is_behind_signer = false;  ///< a DKIM signer stands before it

  bool is_signer() const { return milter.endpoint.find("dkim") != std::string::npos; }
  std::string_view parameter() const {
    return is_non_smtpd ? "non_smtpd_milters" : "smtpd_milters";
  }
};

/// A way from an smtpd(8) to smtpapi-intake.
struct PipeUse {
  const PostfixService* service = nullptr;  ///< the smtpd(8)
  const PostfixService* pipe = nullptr;
  std::string next_hop;  ///< "": each recipient domain is one
  std::string table;     ///< of header_checks, "" for content_filter
};

class PostfixView {
 public:
  /// `facts.postfix` must be there and outlive this object.
  explicit PostfixView(const Facts& facts);

  const PostfixConfig& config;
  std::vector<const PostfixService*> smtpds;     ///< all
  std::vector<const PostfixService*> listeners;  ///< those of inject.server and inject.pools
  std::vector<const PostfixService*> pipes;      ///< that run smtpapi-intake
  std::vector<MilterUse> milters;                ///< of all ways in and listeners
  std::vector<PipeUse> pipe_uses;

  bool is_listener(const PostfixService* service) const;
  /// The smtpd(8) behind `server` ("127.0.0.1:10026", "unix:/path"); null if there is none.
  const PostfixService* listener(std::string_view server) const;
  bool has_our_milter(const PostfixService* service) const;
  bool has_any_milter(const PostfixService* service) const;
  bool leads_to_pipe(const PostfixService* service) const;
  /// Whether an inet service takes more than connections from this machine.
  bool is_exposed(const PostfixService& service) const;
  /// Where the smtpd(8) finds Dovecot's auth service; "" by TCP.
  std::string login_socket(const PostfixService& service) const;

  /// Commands that set a parameter: for all, for one service, or for one service if it is there
  /// that it is set and else for all.
  std::string set(std::string_view parameter, std::string_view value) const;
  std::string set_for(const PostfixService& service, std::string_view parameter,
                      std::string_view value) const;
  std::string set_where_set(const PostfixService& service, std::string_view parameter,
                            std::string_view value) const;
  /// postconf(1) with an option and its argument, for this configuration.
  std::string postconf(std::string_view option, std::string_view argument) const;

 private:
  void find_milters(const Facts& facts);
  void find_pipe_uses(const Facts& facts);
};

/// Tables that cleanup(8) asks about header fields.
std::vector<std::string> header_tables(const PostfixConfig& config, const PostfixService& cleanup);

}  // namespace smtpapi::ctl
