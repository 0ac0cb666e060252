#include "job/replay.h"

#include <algorithm>
#include <vector>

#include "job/event_post.h"

namespace smtpapi {
namespace {

constexpr std::size_t page = 500;

}  // namespace

Result<std::size_t> replay(const Webhook& webhook, Time since, const WebhookSettings& settings,
                           Store& store, Time now) {
  const auto numbers = store.event_numbers(since, {});
  if (!numbers) return numbers.error();
  std::vector<WebhookBatch> batches;
  std::size_t events = 0;
  EventContexts contexts(store);
  // Only to see where it ends: it is made again when it is posted.
  EventPost post(contexts, {short_host(settings.hostname), webhook.extra_fields},
                 settings.batch_bytes);
  const auto seal = [&] {
    WebhookBatch& batch = batches.emplace_back();
    batch.webhook = webhook.id;
    batch.kinds = webhook.kinds;
    batch.extra_fields = webhook.extra_fields;
    batch.first_event = post.first();
    batch.last_event = post.last();
    batch.events = post.events();
    events += batch.events;
    post.take();
  };

  EventQuery query;
  query.kinds = kinds_in(webhook.kinds);
  query.after = numbers->first - 1;
  query.below = std::min(numbers->last, webhook.last_event) + 1;
  query.limit = page;
  for (bool more = !query.kinds.empty() && numbers->last > 0; more;) {
    const auto found = store.events(query);
    if (!found) return found.error();
    for (const NumberedEvent& event : *found) {
      auto added = post.add(event);
      if (!added) return added.error();
      if (!*added) {
        seal();
        added = post.add(event);
        if (!added) return added.error();
      }
      query.after = event.number;
    }
    more = found->size() == page;
  }
  if (post.events() > 0) seal();
  if (Status kept = store.add_again(std::move(batches), now); !kept) return std::move(kept).error();
  return events;
}

}  // namespace smtpapi
