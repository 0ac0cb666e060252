#include "milter/ctl/probe.h"

#include <sys/stat.h>

#include <chrono>

#include "net/smtp_reply.h"
#include "net/stream.h"

namespace smtpapi::ctl {
namespace {

constexpr auto patience = std::chrono::seconds(5);

Result<SmtpReply> hear(Stream& stream) {
  SmtpReply reply;
  for (;;) {
    const auto line = stream.read_line(patience);
    if (!line) return line.error();
    const auto is_last = add_reply_line(reply, *line);
    if (!is_last) return is_last.error();
    if (*is_last) return reply;
  }
}

Result<SmtpFeatures> greet(const std::string& server, const std::string& hostname) {
  const auto endpoint = parse_endpoint(server);
  if (!endpoint) return endpoint.error();
  auto stream = Stream::connect(*endpoint, patience);
  if (!stream) return std::move(stream).error();
  const auto greeting = hear(*stream);
  if (!greeting) return greeting.error();
  if (!greeting->good()) return unavailable("it says " + greeting->whole());
  if (Status said = stream->write("EHLO " + hostname + "\r\n", patience); !said)
    return said.error();
  const auto offer = hear(*stream);
  if (!offer) return offer.error();
  if (!offer->good()) return unavailable("to EHLO it says " + offer->whole());
  // Whether the farewell arrives is no matter.
  static_cast<void>(stream->write("QUIT\r\n", patience));
  return parse_features(offer->lines);
}

}  // namespace

SocketFacts try_socket(const MilterAddress& address, const std::optional<Credentials>& who,
                       const std::string& root) {
  SocketFacts facts;
  Endpoint endpoint;
  if (address.is_unix()) {
    struct stat file {};
    facts.is_there = stat(address.path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
    if (!facts.is_there) return facts;
    endpoint.path = address.path;
    if (who) facts.blocked_at = blocked_at(*who, address.path, may_write, root);
  } else {
    facts.is_there = true;
    const bool is_any = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
    endpoint.host = is_any ? "localhost" : address.host;
    endpoint.port = address.port;
  }
  const auto stream = Stream::connect(endpoint, patience);
  facts.answers = stream.has_value();
  if (!stream) facts.error = stream.error().text;
  return facts;
}

ListenerFacts try_listener(const std::string& server, const std::string& hostname) {
  ListenerFacts listener;
  if (const auto features = greet(server, hostname)) {
    listener.greets = true;
    listener.features = *features;
  } else {
    listener.error = features.error().text;
  }
  return listener;
}

}  // namespace smtpapi::ctl
