// What SMTP said about a message (RFC 5321 section 2.3.1), and who said it.
#pragma once

#include <string>
#include <vector>

namespace smtpapi {

/// The client that submitted the message. Any text may be empty when it is not known.
struct Client {
  std::string name;         ///< host name by reverse DNS, or empty
  std::string address;      ///< "192.0.2.1" or "2001:db8::1", without "IPv6:"; empty: none known
  std::string helo;         ///< the argument of EHLO or HELO
  std::string login;        ///< SASL login, empty when not authenticated
  std::string daemon_name;  ///< macro {daemon_name}: which of the MTA's services took it
  std::string protocol;     ///< "ESMTP", "SMTP", ... for the Received field
};

struct EnvelopeRecipient {
  std::string address;     ///< without <>
  std::string parameters;  ///< its ESMTP parameters, "NOTIFY=NEVER ORCPT=rfc822;a@b", or empty
  std::string as_given;    ///< argument of RCPT as the MTA showed it, with or without <> (LM-34)
};

struct Envelope {
  std::string queue_id;      ///< the MTA's name for the message, macro {i}
  std::string reverse_path;  ///< without <>; "" is the null sender
  std::vector<EnvelopeRecipient> recipients;
  bool smtputf8 = false;   ///< MAIL had SMTPUTF8
  bool eight_bit = false;  ///< MAIL had BODY=8BITMIME
  std::string parameters;  ///< RET= and ENVID= of MAIL, or empty
  Client client;
};

}  // namespace smtpapi
