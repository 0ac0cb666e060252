#include "net/http_server.h"

#include <vector>

#include "net/http_lane.h"

namespace smtpapi {

struct HttpServer::Impl {
  Impl(HttpListeners& listeners, HttpHandler& handler, const HttpLimits& limits,
       std::function<bool(const std::string&)> is_exempt)
      : shared(handler, limits, std::move(is_exempt)) {
    for (const int fd : listeners.take()) lanes.push_back(std::make_unique<HttpLane>(fd, shared));
    for (const auto& lane : lanes) lane->start();
  }

  HttpShared shared;
  std::vector<std::unique_ptr<HttpLane>> lanes;
};

HttpServer::HttpServer(HttpListeners& listeners, HttpHandler& handler, const HttpLimits& limits,
                       std::function<bool(const std::string& address)> is_exempt)
    : impl_(std::make_unique<Impl>(listeners, handler, limits, std::move(is_exempt))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::stop() {
  if (!impl_) return;
  for (const auto& lane : impl_->lanes) lane->begin_stop();
  for (const auto& lane : impl_->lanes) lane->join();
  impl_->shared.workers.finish();  // before the lanes: what is done there holds their sessions
  impl_.reset();
}

std::size_t HttpServer::connections() const { return impl_->shared.admission.count(); }

}  // namespace smtpapi
