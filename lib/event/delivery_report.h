// What one line of the MTA's log says of a delivery (DS-1, DS-3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace smtpapi {

struct DeliveryReport {
  enum class Kind {
    delivered,
    deferred,
    failed,
    expired,  ///< the MTA gave up
    deleted,  ///< from the MTA's queue, by hand
    renamed,  ///< goes on as `passed_on_to`: put into the queue anew (postsuper -r), or split
  };
  Kind kind = Kind::delivered;
  Time time;
  std::string queue_id;
  std::string recipient;       ///< "": all that are still undecided
  std::string orig_recipient;  ///< before the MTA's aliases; "" if the same
  std::string status;          ///< enhanced status code, or ""
  int reply_code = 0;          ///< of SMTP, 0 if the text shows none
  std::string relay;           ///< as logged: "mx.example.org[192.0.2.1]:25", "local", ""
  std::string relay_ip;        ///< "" if it is no host
  std::string text;            ///< what the other side said, without the MTA's words around it
  std::optional<bool> tls;
  /// The queue ID under which this log tells what becomes of it next: an alias or a content filter
  /// passed it on in a new message. "" if there is none.
  std::string passed_on_to;
  bool is_own_service = false;  ///< by a transport that the operator named: may send from elsewhere
  std::string mark;             ///< tells repetitions apart, the same whenever the line is read
};

/// One line of a log, taken apart. Refers to it.
struct LogLine {
  Time time;
  std::string_view program;  ///< "postfix/smtp", "sm-mta"
  std::string_view process;  ///< its process id, or ""
  std::string_view message;
};

/// Takes lines of a syslog file apart: traditional time stamps, in local time and without a year,
/// and those of ISO 8601. Not for several threads.
class LogLines {
 public:
  /// Nothing when it is no line of a program that delivers mail. `now`: a year is missing; the line
  /// is no older than 364 days and at most a day ahead.
  std::optional<LogLine> read(std::string_view line, Time now);

 private:
  std::optional<Time> read_time(std::string_view& rest, Time now);

  std::string last_minute_;  ///< "Nov 21 11:01"
  Time begin_of_minute_;
};

/// Whether `program` is one that delivers mail.
bool is_mail_program(std::string_view program);

/// Lines to reports. Remembers what earlier lines say: which deliverers have an encrypted
/// connection, at most 10,000, and the last messages that came in, at most 65,536. Not for several
/// threads.
class DeliveryReports {
 public:
  /// Appends what `line` reports: nothing, one, or with Sendmail one for each recipient.
  void read(const LogLine& line, std::vector<DeliveryReport>& reports);

 private:
  struct Encrypted {
    std::string process, relay;
  };
  void read_postfix(const LogLine& line, std::string_view service,
                    std::vector<DeliveryReport>& reports);
  void read_sendmail(const LogLine& line, std::vector<DeliveryReport>& reports);
  static void read_other_sendmail(const LogLine& line, std::string_view queue_id,
                                  std::string_view rest, std::vector<DeliveryReport>& reports);
  void note_encryption(const LogLine& line, std::string_view relay);
  std::optional<bool> is_encrypted(const LogLine& line, std::string_view relay) const;
  void note_message(std::string_view queue_id);
  bool has_message(std::string_view queue_id) const;
  std::string next_queue_id(std::string_view answer) const;

  std::vector<Encrypted> encrypted_;     ///< by hash of the process
  std::vector<std::uint64_t> messages_;  ///< hashes of queue IDs, by themselves
};

}  // namespace smtpapi
