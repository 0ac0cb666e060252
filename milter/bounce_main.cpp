// smtpapi-bounce(8): takes one returned message from standard input, for Postfix's pipe(8).
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/text.h"
#include "job/bounce.h"
#include "milter/daemon.h"
#include "milter/events_settings.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

// Nothing but our own trouble ends with a failure, and that with one that makes the MTA try again:
// mail to a bounce address must never bounce itself.
constexpr Program program = {
    .name = "smtpapi-bounce",
    .summary = "Takes one returned message from standard input: which copy bounced, and why.",
    .usage = "[OPTION]... -- RECIPIENT...",
    .kind = ProgramKind::per_message,
    .on_bad_settings = EX_TEMPFAIL,
    .on_exception = EX_TEMPFAIL,
};

/// What tells of a failure stands in front of the returned message; no more is looked at.
constexpr std::size_t max_message = 4u << 20;

// Printed for pipe(8), which believes a status code in front.
int try_again(std::string_view text) {
  fmt::print(stderr, "4.3.0 {}: {}\n", program.name, text);
  log_error("{}", text);
  return EX_TEMPFAIL;
}

/// Recipients as pipe(8) names them. Errors: invalid.
Result<std::vector<std::string>> read_recipients(const std::vector<std::string>& words) {
  std::vector<std::string> recipients;
  bool options_end = false;
  for (const std::string& word : words) {
    if (!options_end && word == "--") {
      options_end = true;
    } else if (!options_end && word.starts_with('-')) {
      return invalid("unknown option '" + printable(word) + "'");
    } else {
      recipients.push_back(word);
    }
  }
  if (recipients.empty()) return invalid("no recipient is given");
  return recipients;
}

/// The front of standard input; all of it is read, so that pipe(8) gets rid of it.
Result<std::string> read_message() {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unavailable(fmt::format("standard input: {}", strerror(errno)));
    if (got == 0) return to_crlf(std::move(text));
    if (text.size() < max_message) text.append(buffer, static_cast<std::size_t>(got));
  }
}

int take(const std::vector<std::string>& recipients, const Settings& settings) {
  if (settings.inject_return_path.empty()) return try_again("inject.return-path is not set");
  const auto links = link_settings(settings);
  if (!links) return try_again(links.error().text);
  auto octets = read_message();
  if (!octets) return try_again(octets.error().text);
  const Message message(*std::move(octets));

  std::vector<ReturnPath> copies;
  for (const std::string& recipient : recipients) {
    if (const auto copy = links->return_paths->open(recipient))
      copies.push_back(*copy);
    else
      log_info("ignored: to=<{}>: no bounce address of ours", printable(recipient, 320));
  }
  if (copies.empty()) return EX_OK;
  const ReturnedMail mail = read_returned_mail(message);
  const auto log_copy = [](const ReturnPath& copy, std::string_view what) {
    log_info("submission={}, copy={}: {}", copy.submission_id, copy.index, what);
  };
  if (!is_worth_keeping(mail)) {
    for (const ReturnPath& copy : copies)
      log_copy(copy, fmt::format("ignored: {}", to_string(mail.kind)));
    return EX_OK;
  }

  const auto classes = read_bounce_classes(settings.events_bounce_classes);
  if (!classes) return try_again(classes.error().text);
  const auto store = open_store(settings.store_url, StoreAccess::existing);
  if (!store) return try_again(store.error().text);
  const SystemClock clock;
  for (const ReturnPath& copy : copies) {
    const auto kept = keep_returned(copy, mail, *classes, **store, clock.now());
    if (!kept) return try_again(kept.error().text);
    log_copy(copy, *kept);
  }
  return EX_OK;
}

}  // namespace
}  // namespace smtpapi

int main(int argc, char** argv) {
  using namespace smtpapi;
  return run_program(program, argc, argv, [&](CommandLine& line) {
    const auto recipients = read_recipients(line.arguments);
    return recipients ? take(*recipients, line.settings) : try_again(recipients.error().text);
  });
}
