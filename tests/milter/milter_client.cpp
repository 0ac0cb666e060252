#include "tests/milter/milter_client.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr int patience_ms = 30'000;

std::string number(std::uint32_t value) {
  value = htonl(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::uint32_t number_at(std::string_view data, std::size_t at) {
  if (data.size() < at + 4) throw std::runtime_error("milter packet too short");
  std::uint32_t value;
  std::memcpy(&value, data.data() + at, sizeof value);
  return ntohl(value);
}

/// Strings of the protocol: each ended by NUL.
std::string strings(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out.append(value).push_back('\0');
  return out;
}

std::string string_at(std::string_view data, std::size_t& at) {
  const auto end = std::min(data.find('\0', at), data.size());
  std::string out(data.substr(at, end - at));
  at = end + 1;
  return out;
}

bool is_final(char reply) {
  return std::string_view("acdrty").find(reply) != std::string_view::npos;
}

}  // namespace

MilterClient::MilterClient(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect " + path + ": " + strerror(errno));
}

MilterClient::~MilterClient() { close(fd_); }

void MilterClient::send(char command, std::string_view data) {
  std::string packet = number(static_cast<std::uint32_t>(data.size() + 1));
  packet.push_back(command);
  packet += data;
  for (std::string_view rest = packet; !rest.empty();) {
    const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) throw std::runtime_error(std::string("send: ") + strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

MilterPacket MilterClient::read() {
  const auto exactly = [&](std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t have = 0; have < size;) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, patience_ms) != 1) throw std::runtime_error("the milter says nothing");
      const auto got = recv(fd_, out.data() + have, size - have, 0);
      if (got <= 0) throw std::runtime_error("the milter hung up");
      have += static_cast<std::size_t>(got);
    }
    return out;
  };
  const std::uint32_t size = number_at(exactly(4), 0);
  if (size == 0) throw std::runtime_error("empty milter packet");
  MilterPacket packet;
  packet.data = exactly(size);
  packet.command = packet.data[0];
  packet.data.erase(0, 1);
  return packet;
}

bool MilterClient::is_hung_up() {
  pollfd ready{fd_, POLLIN, 0};
  char octet;
  return poll(&ready, 1, patience_ms) == 1 && recv(fd_, &octet, 1, MSG_PEEK) <= 0;
}

char MilterClient::negotiate(std::uint32_t actions, std::uint32_t steps) {
  send(SMFIC_OPTNEG, number(6) + number(actions) + number(steps));
  const MilterPacket answer = read();
  if (answer.command != SMFIC_OPTNEG) return answer.command;
  actions_ = number_at(answer.data, 4);
  steps_ = number_at(answer.data, 8);
  for (std::size_t at = 12; at < answer.data.size();) {
    const std::uint32_t stage = number_at(answer.data, at);
    at += 4;
    lists_.emplace_back(stage, string_at(answer.data, at));
  }
  return answer.command;
}

void MilterClient::macros(char command,
                          const std::vector<std::pair<std::string, std::string>>& values) {
  std::string data(1, command);
  for (const auto& [name, value] : values) data += strings({name, value});
  send(SMFIC_MACRO, data);
}

void MilterClient::step(char command, std::string_view data, std::uint32_t no_reply_bit) {
  send(command, data);
  if (steps_ & no_reply_bit) return;
  if (const MilterPacket reply = read(); reply.command != SMFIR_CONTINUE)
    throw std::runtime_error(std::string("reply ") + reply.command + " to command " + command);
}

void MilterClient::connect(const std::string& name, char family, const std::string& address,
                           const std::string& daemon_name) {
  macros(SMFIC_CONNECT, {{"{daemon_name}", daemon_name}});
  std::string data = strings({name}) + family;
  if (family != SMFIA_UNKNOWN) {
    const std::uint16_t port = htons(family == SMFIA_UNIX ? 0 : 40000);
    data.append(reinterpret_cast<const char*>(&port), sizeof port);
    data += strings({address});
  }
  step(SMFIC_CONNECT, data, SMFIP_NR_CONN);
}

void MilterClient::helo(const std::string& name) {
  step(SMFIC_HELO, strings({name}), SMFIP_NR_HELO);
}

void MilterClient::mail(const std::vector<std::string>& arguments, const std::string& login) {
  if (!login.empty()) macros(SMFIC_MAIL, {{"{auth_authen}", login}});
  step(SMFIC_MAIL, strings(arguments), SMFIP_NR_MAIL);
}

void MilterClient::rcpt(const std::vector<std::string>& arguments) {
  step(SMFIC_RCPT, strings(arguments), SMFIP_NR_RCPT);
}

void MilterClient::header(const std::string& name, const std::string& value) {
  step(SMFIC_HEADER, strings({name, value}), SMFIP_NR_HDR);
}

MilterPacket MilterClient::end_of_header(const std::string& queue_id) {
  macros(SMFIC_EOH, {{"i", queue_id}});
  send(SMFIC_EOH);
  return read();
}

MilterPacket MilterClient::body(std::string_view chunk) {
  send(SMFIC_BODY, chunk);
  return read();
}

void MilterClient::send_end_of_message() { send(SMFIC_BODYEOB); }

MilterOutcome MilterClient::read_outcome() {
  MilterOutcome out;
  for (;;) {
    MilterPacket packet = read();
    if (!is_final(packet.command)) {
      out.changes.push_back(std::move(packet));
      continue;
    }
    out.reply = packet.command;
    std::size_t at = 0;
    if (packet.command == SMFIR_REPLYCODE) out.text = string_at(packet.data, at);
    return out;
  }
}

void MilterClient::abort() { send(SMFIC_ABORT); }
void MilterClient::quit() { send(SMFIC_QUIT); }

MilterOutcome MilterClient::deliver(const MilterMessage& message) {
  mail(message.mail, message.login);
  for (const auto& recipient : message.rcpt) rcpt(recipient);
  if (!(steps_ & SMFIP_NODATA)) step(SMFIC_DATA, {}, SMFIP_NR_DATA);
  for (const auto& [name, value] : message.fields) header(name, value);

  MilterOutcome out;
  const auto ended_by = [&](const MilterPacket& packet) {
    out.reply = packet.command;
    std::size_t at = 0;
    if (packet.command == SMFIR_REPLYCODE) out.text = string_at(packet.data, at);
    return packet.command != SMFIR_CONTINUE && packet.command != SMFIR_SKIP;
  };
  if (ended_by(end_of_header(message.queue_id))) {
    out.ended_at_header = true;
    return out;
  }
  for (std::string_view rest = message.body; !rest.empty();) {
    const std::string_view chunk = rest.substr(0, MILTER_CHUNK_SIZE);
    rest.remove_prefix(chunk.size());
    ++out.body_chunks;
    const MilterPacket reply = body(chunk);
    if (ended_by(reply)) return out;
    if (reply.command == SMFIR_SKIP) break;
  }
  send_end_of_message();
  const std::size_t chunks = out.body_chunks;
  out = read_outcome();
  out.body_chunks = chunks;
  return out;
}

FilteredMessage apply_changes(const MilterMessage& message,
                              const std::vector<MilterPacket>& changes, Numbering numbering) {
  struct Entry {
    std::string name, value;
    bool deleted = false;
  };
  std::vector<Entry> entries;
  for (const auto& [name, value] : message.fields) entries.push_back({name, value});
  FilteredMessage out;
  for (const auto& recipient : message.rcpt) out.recipients.push_back(recipient[0]);
  bool body_replaced = false;
  bool body_ended = false;  // LM-32: any other change between two pieces is an error in Postfix

  for (const MilterPacket& change : changes) {
    std::size_t at = 0;
    body_ended |= body_replaced && change.command != SMFIR_REPLBODY;
    switch (change.command) {
      case SMFIR_CHGHEADER: {
        std::uint32_t index = number_at(change.data, at);
        at += 4;
        const std::string name = string_at(change.data, at);
        const std::string value = string_at(change.data, at);
        Entry* found = nullptr;
        for (Entry& entry : entries) {
          if (!equals_ignoring_case(entry.name, name)) continue;
          if (numbering == Numbering::after_deletions && entry.deleted) continue;
          if (--index == 0) found = &entry;
        }
        if (!found) throw std::runtime_error("no such field: " + name);
        found->value = value;
        found->deleted = value.empty();
        break;
      }
      case SMFIR_ADDHEADER: {
        std::string name = string_at(change.data, at);
        entries.push_back({std::move(name), string_at(change.data, at)});
        break;
      }
      case SMFIR_ADDRCPT:
        out.recipients.push_back(string_at(change.data, at));
        break;
      case SMFIR_DELRCPT: {
        const std::string gone = string_at(change.data, at);
        out.recipients.erase(std::remove(out.recipients.begin(), out.recipients.end(), gone),
                             out.recipients.end());
        break;
      }
      case SMFIR_REPLBODY:
        if (body_ended) throw std::runtime_error("body pieces are not consecutive");
        body_replaced = true;
        out.body += change.data;
        break;
      default:
        throw std::runtime_error(std::string("unexpected change ") + change.command);
    }
  }
  if (!body_replaced) out.body = message.body;
  for (Entry& entry : entries)
    if (!entry.deleted) out.fields.emplace_back(std::move(entry.name), std::move(entry.value));
  return out;
}

}  // namespace smtpapi
