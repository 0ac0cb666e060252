// Events on their way to an endpoint: written into the store, batched, signed, posted over
// loopback.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/random_id.h"
#include "job/webhook_sender.h"
#include "net/curl_poster.h"
#include "net/http_server.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

constexpr std::size_t recipients = 10;  ///< of a submission

void must(bool ok) {
  if (!ok) throw std::runtime_error("the store failed");
}

class TakesAll final : public HttpHandler {
 public:
  std::optional<HttpResponse> answer_at_once(const HttpRequest&) override { return HttpResponse{}; }
  HttpResponse answer(const HttpRequest&) override { return {}; }
  HttpResponse answer_busy(const HttpRequest&) override { return {}; }
};

class Way {
 public:
  Way() {
    auto opened = open_store("sqlite://" + folder / "store.db", StoreAccess::create);
    must(opened.has_value());
    store = *std::move(opened);
    auto listening = HttpListeners::open({"127.0.0.1", "0", ""}, 1);
    must(listening.has_value());
    const unsigned port = listening->port();
    HttpLimits limits;
    limits.body_octets = 2u << 20;
    server = std::make_unique<HttpServer>(*listening, endpoint, limits);
    Webhook webhook;
    webhook.url = "http://127.0.0.1:" + std::to_string(port) + "/events";
    webhook.signing_key = SigningKey::make()->pem();
    must(store->add_webhook(webhook).has_value());
    settings.batch_seconds = seconds(0);
    settings.hostname = "mx1.example.org";
  }

  /// Pages of events, each of one submission with categories and unique arguments.
  void write(std::size_t events) {
    while (events > 0) {
      Submission submission;
      submission.id = random_id();
      submission.received = SystemClock().now();
      submission.message_id = "<" + submission.id + "@example.org>";
      submission.header =
          R"({"category":["news","bench"],"unique_args":{"account":"-acct-","job":"42"},)"
          R"("sub":{"-acct-":["1","2","3","4","5","6","7","8","9","10"]}})";
      must(store->hold(submission, {}).has_value());
      std::vector<Event> page(std::min<std::size_t>(events, 1'000));
      for (std::size_t i = 0; i < page.size(); ++i) {
        Event& event = page[i];
        event.kind = EventKind::delivered;
        event.time = submission.received;
        event.submission_id = submission.id;
        event.index = i % recipients;
        event.recipient = "ann" + std::to_string(event.index) + "@example.org";
        event.ip = "192.0.2.7";
        event.response = "250 2.0.0 Ok: queued as 4XyZ12";
        event.id = event_id(event.kind, std::to_string(i), event.submission_id, event.index);
      }
      must(store->record(page).has_value());
      events -= page.size();
    }
  }

  /// Posts until `events` have been taken.
  void post(std::size_t events) {
    EventContexts contexts(*store);
    CurlPoster poster(PosterSettings{.allow_private = true, .ca_file = {}});
    const Webhook webhook = store->webhooks()->front();
    const std::uint64_t before = store->webhook_state(webhook.id)->posted;
    WebhookSender sender(webhook, *store, contexts, poster, settings);
    const SystemClock clock;
    while (store->webhook_state(webhook.id)->posted - before < events)
      must(sender.step(clock.now()).has_value());
  }

  TemporaryFolder folder;
  TakesAll endpoint;
  std::unique_ptr<Store> store;
  std::unique_ptr<HttpServer> server;
  WebhookSettings settings;
};

/// One thread writes while another posts.
void WriteAndPost(benchmark::State& state) {
  const auto events = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    auto way = std::make_unique<Way>();
    state.ResumeTiming();
    std::thread writer([&] { way->write(events); });
    way->post(events);
    writer.join();
    state.PauseTiming();
    way.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WriteAndPost)->Arg(100'000)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();

/// What so many events cost that have been waiting.
void PostWaiting(benchmark::State& state) {
  const auto events = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    auto way = std::make_unique<Way>();
    way->write(events);
    state.ResumeTiming();
    way->post(events);
    state.PauseTiming();
    way.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PostWaiting)
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
