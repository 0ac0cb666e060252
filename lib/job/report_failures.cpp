#include "job/report_failures.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/random_id.h"
#include "base/text.h"
#include "job/notice.h"

namespace smtpapi {
namespace {

constexpr std::size_t batch = 20;

/// Nothing when nobody is to be told.
std::optional<Submission> notice_about(const Failures& failures, const Submission& failed,
                                       const ReleaseSettings& settings, Time now) {
  if (failed.reverse_path.empty()) return std::nullopt;
  Submission notice;
  notice.id = random_id();
  notice.received = now;
  notice.queue_id = failed.queue_id;
  notice.smtputf8 = !is_ascii(failed.reverse_path);
  const NoticeFacts facts = {settings.hostname, settings.postmaster, failed.reverse_path,
                             notice.id,         failed.queue_id,     now};
  std::string octets = make_failure_notice(facts, failed, failures.copies);
  if (octets.empty()) return std::nullopt;
  notice.message = std::make_shared<const std::string>(std::move(octets));
  return notice;
}

Status report(Store& store, const Failures& failures, const ReleaseSettings& settings, Time now) {
  const auto failed = store.submission(failures.submission_id);
  if (!failed) return failed.error();
  std::optional<Submission> notice;
  if (*failed) notice = notice_about(failures, **failed, settings, now);
  if (!notice) return store.report(failures, nullptr, {});

  NewCopy copy;
  copy.kind = CopyKind::notice;
  copy.recipient = (*failed)->reverse_path;
  if (Status kept = store.report(failures, &*notice, {&copy, 1}); !kept) return kept;
  log_info("{}: notice submission={}, about={}, failed={}, to=<{}>",
           notice->queue_id.empty() ? "NOQUEUE" : notice->queue_id, notice->id,
           failures.submission_id, failures.copies.size(), copy.recipient);
  return ok();
}

}  // namespace

Result<bool> report_failures(Store& store, const ReleaseSettings& settings, Time now) {
  const auto all = store.unreported_failures(now, batch);
  if (!all) return all.error();
  for (const Failures& failures : *all) {
    if (Status told = report(store, failures, settings, now); !told) {
      return std::move(told).error().within("report failures of " + failures.submission_id);
    }
  }
  return all->size() == batch;
}

}  // namespace smtpapi
