#include "milter/callbacks.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace smtpapi {
namespace {

// --- what callbacks may touch, and until when ---

// libmilter hands its callbacks no pointer of ours. Set before smfi_main.
const CurrentService* current_service = nullptr;
Quota* shared_quota = nullptr;

/// Counts the callbacks under way. Once closed it lets none in, so that what they use can go.
class Gate {
 public:
  bool enter() {
    if ((state_.fetch_add(1) & closed) == 0) return true;
    state_.fetch_sub(1);
    return false;
  }
  void leave() { state_.fetch_sub(1); }
  void close() { state_.fetch_or(closed); }
  bool is_empty() const { return (state_.load() & ~closed) == 0; }

 private:
  static constexpr unsigned closed = 1u << 31;
  std::atomic<unsigned> state_ = 0;
};
Gate gate;

constexpr auto drain_patience = std::chrono::seconds(10);
/// After the last callback libmilter still writes its reply.
constexpr auto reply_time = std::chrono::milliseconds(200);

// --- negotiation ---

constexpr unsigned long needed_actions =
    SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_CHGFROM | SMFIF_ADDRCPT | SMFIF_DELRCPT;
constexpr unsigned long needed_steps = SMFIP_HDR_LEADSPC | SMFIP_SKIP;
/// A message that needs nothing costs the reply to its end of header and nothing else. For an MTA
/// without these, libmilter answers in our place (LM-17).
constexpr unsigned long wanted_steps = needed_steps | SMFIP_NR_CONN | SMFIP_NR_HELO |
                                       SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NODATA |
                                       SMFIP_NOUNKNOWN;

/// Only what is used travels. An empty list would mean the MTA's default (LM-19), so stages that
/// need nothing ask for something that costs next to nothing.
constexpr struct {
  int stage;
  const char* names;
} macros[] = {
    {SMFIM_CONNECT, "{daemon_name}"},
    {SMFIM_HELO, "{tls_version}"},
    {SMFIM_ENVFROM, "{auth_authen} {tls_version}"},
    {SMFIM_ENVRCPT, "i"},
    {SMFIM_EOH, "i"},
    {SMFIM_EOM, "i"},
};

sfsistat on_negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* our_actions, unsigned long* our_steps,
                      unsigned long* our_words2, unsigned long* our_words3) noexcept {
  if ((actions & needed_actions) != needed_actions || (steps & needed_steps) != needed_steps) {
    try {
      log_error("the MTA offers milter actions {:#x} and steps {:#x}; {:#x} and {:#x} are needed",
                actions, steps, needed_actions, needed_steps);
    } catch (...) {
    }
    return SMFIS_REJECT;
  }
  *our_actions = needed_actions | (actions & SMFIF_SETSYMLIST);
  *our_steps = wanted_steps & steps;
  *our_words2 = *our_words3 = 0;
  if (actions & SMFIF_SETSYMLIST)
    for (const auto& stage : macros)
      smfi_setsymlist(ctx, stage.stage, const_cast<char*>(stage.names));
  return SMFIS_CONTINUE;
}

// --- steps of a session ---

void report(const char* what) noexcept {
  try {
    log_error("unexpected: {}", what);
  } catch (...) {
  }
}

Session& session_of(SMFICTX* ctx) {
  if (auto* session = static_cast<Session*>(smfi_getpriv(ctx))) return *session;
  auto session = std::make_unique<Session>(*current_service, *shared_quota);
  if (smfi_setpriv(ctx, session.get()) != MI_SUCCESS) throw std::bad_alloc();
  return *session.release();
}

/// Runs one step of the session. What it throws ends here: nothing may unwind into C, and mail that
/// we failed to handle must be offered again. `otherwise` is the answer then.
template <class Step>
sfsistat run(SMFICTX* ctx, sfsistat otherwise, Step step) noexcept {
  if (!gate.enter()) return otherwise;
  Session* session = nullptr;
  sfsistat answer = otherwise;
  try {
    session = &session_of(ctx);
    answer = step(*session);
  } catch (const std::exception& e) {
    report(e.what());
    if (session) session->fail();
  } catch (...) {
    report("an exception");
    if (session) session->fail();
  }
  gate.leave();
  return answer;
}

/// A step to which the MTA expects no reply.
template <class Step>
sfsistat run_silently(SMFICTX* ctx, Step step) noexcept {
  return run(ctx, SMFIS_NOREPLY, [&](Session& session) {
    step(session);
    return SMFIS_NOREPLY;
  });
}

std::string_view macro(SMFICTX* ctx, const char* name) {
  const char* value = smfi_getsymval(ctx, const_cast<char*>(name));
  return value ? value : "";
}

/// "192.0.2.1" or "2001:db8::1"; "" for anything but an IP address (LM-21).
std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address && address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address && address->sa_family == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&ip))
      inet_ntop(AF_INET, &ip.s6_addr[12], text, sizeof text);
    else
      inet_ntop(AF_INET6, &ip, text, sizeof text);
  }
  return text;
}

std::vector<std::string_view> arguments(char** argv) {
  std::vector<std::string_view> out;
  for (; *argv; ++argv) out.push_back(*argv);
  return out;
}

// --- the last word ---

/// Text that both MTAs take in a reply (LM-27): ASCII without control characters, "%" doubled, at
/// most 980 octets.
std::string reply_text(std::string_view text) {
  constexpr std::size_t most = 980;
  std::string out;
  for (const char c : text) {
    const std::size_t size = c == '%' ? 2 : 1;
    if (out.size() + size > most) break;
    out.append(size, c >= ' ' && c < '\x7F' ? c : '?');
  }
  return out;
}

sfsistat answer_with(SMFICTX* ctx, sfsistat answer, const Reply& reply) {
  std::string text = reply_text(reply.text);
  // When libmilter does not take it, the MTA says its own words for the same answer.
  smfi_setreply(ctx, const_cast<char*>(reply.code), const_cast<char*>(reply.status), text.data());
  return answer;
}

bool replace_body(SMFICTX* ctx, const std::vector<std::string_view>& pieces) {
  const auto send = [&](std::string_view octets) {
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(octets.data()));
    return smfi_replacebody(ctx, data, static_cast<int>(octets.size())) == MI_SUCCESS;
  };
  // Pieces between tags are short, packets should not be.
  std::string packet;
  bool any = false;
  const auto flush = [&] {
    if (packet.empty()) return true;
    any = true;
    const bool sent = send(packet);
    packet.clear();
    return sent;
  };
  for (std::string_view piece : pieces) {
    if (packet.size() + piece.size() > MILTER_CHUNK_SIZE && !flush()) return false;
    // smfi_replacebody takes an int.
    for (; piece.size() > MILTER_CHUNK_SIZE; piece.remove_prefix(MILTER_CHUNK_SIZE)) {
      any = true;
      if (!send(piece.substr(0, MILTER_CHUNK_SIZE))) return false;
    }
    packet += piece;
  }
  return flush() && (any || send(""));
}

/// False when the MTA, or libmilter, did not take one of the changes.
bool carry_out(SMFICTX* ctx, Changes& changes) {
  for (auto& field : changes.fields)
    if (smfi_chgheader(ctx, field.name.data(), field.index,
                       field.value ? field.value->data() : nullptr) != MI_SUCCESS)
      return false;
  for (auto& [name, value] : changes.added)
    if (smfi_addheader(ctx, name.data(), value.data()) != MI_SUCCESS) return false;
  if (changes.reverse_path &&
      smfi_chgfrom(ctx, changes.reverse_path->data(), nullptr) != MI_SUCCESS)
    return false;
  for (std::string& recipient : changes.recipients_out)
    if (smfi_delrcpt(ctx, recipient.data()) != MI_SUCCESS) return false;
  for (std::string& recipient : changes.recipients_in)
    if (smfi_addrcpt(ctx, recipient.data()) != MI_SUCCESS) return false;
  return !changes.body_changed || replace_body(ctx, changes.body);
}

sfsistat end_of_message(SMFICTX* ctx, Session& session) {
  Ending ending = session.end_of_message();
  switch (ending.answer) {
    case Answer::accept:
      if (carry_out(ctx, ending.changes)) return SMFIS_ACCEPT;
      log_error("the MTA did not take a change of the message; it will be offered again");
      return SMFIS_TEMPFAIL;
    case Answer::discard:
      return SMFIS_DISCARD;
    case Answer::reject:
      return answer_with(ctx, SMFIS_REJECT, ending.reply);
    default:
      return answer_with(ctx, SMFIS_TEMPFAIL, ending.reply);
  }
}

// --- what libmilter calls ---

sfsistat on_connect(SMFICTX* ctx, char* name, sockaddr* address) noexcept {
  return run_silently(ctx, [&](Session& session) {
    session.connect(name ? name : "", address_text(address), macro(ctx, "{daemon_name}"));
  });
}

sfsistat on_helo(SMFICTX* ctx, char* name) noexcept {
  return run_silently(ctx, [&](Session& session) { session.helo(name ? name : ""); });
}

sfsistat on_envfrom(SMFICTX* ctx, char** argv) noexcept {
  return run_silently(ctx, [&](Session& session) {
    session.mail_from(arguments(argv), macro(ctx, "{auth_authen}"),
                      !macro(ctx, "{tls_version}").empty());
  });
}

sfsistat on_envrcpt(SMFICTX* ctx, char** argv) noexcept {
  return run_silently(ctx, [&](Session& session) { session.rcpt_to(arguments(argv)); });
}

sfsistat on_header(SMFICTX* ctx, char* name, char* value) noexcept {
  return run_silently(ctx, [&](Session& session) { session.header(name, value); });
}

sfsistat on_eoh(SMFICTX* ctx) noexcept {
  return run(ctx, SMFIS_TEMPFAIL, [&](Session& session) {
    switch (session.end_of_header(macro(ctx, "i"))) {
      case Answer::accept:
        return SMFIS_ACCEPT;
      case Answer::go_on:
        return SMFIS_CONTINUE;
      default:
        return answer_with(ctx, SMFIS_TEMPFAIL, session.reply());
    }
  });
}

sfsistat on_body(SMFICTX* ctx, unsigned char* chunk, std::size_t size) noexcept {
  return run(ctx, SMFIS_TEMPFAIL, [&](Session& session) {
    const std::string_view octets(reinterpret_cast<const char*>(chunk), size);
    return session.body(octets) == Answer::go_on ? SMFIS_CONTINUE : SMFIS_SKIP;
  });
}

sfsistat on_eom(SMFICTX* ctx) noexcept {
  return run(ctx, SMFIS_TEMPFAIL, [&](Session& session) { return end_of_message(ctx, session); });
}

sfsistat on_abort(SMFICTX* ctx) noexcept {
  return run(ctx, SMFIS_CONTINUE, [](Session& session) {
    session.abort();
    return SMFIS_CONTINUE;
  });
}

/// May come first and alone, without a session (LM-20).
sfsistat on_close(SMFICTX* ctx) noexcept {
  if (!gate.enter()) return SMFIS_CONTINUE;
  delete static_cast<Session*>(smfi_getpriv(ctx));
  smfi_setpriv(ctx, nullptr);
  gate.leave();
  return SMFIS_CONTINUE;
}

char filter_name[] = "smtpapi-milter";

}  // namespace

Status open_filter(const std::string& socket) {
  smfiDesc filter{};
  filter.xxfi_name = filter_name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = needed_actions;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_helo;
  filter.xxfi_envfrom = on_envfrom;
  filter.xxfi_envrcpt = on_envrcpt;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_eoh;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_eom;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  filter.xxfi_negotiate = on_negotiate;

  std::string place = socket;
  smfi_setmaxdatasize(1u << 20);  // LM-6
  if (smfi_register(filter) != MI_SUCCESS || smfi_setconn(place.data()) != MI_SUCCESS)
    return unavailable("milter.socket " + socket + ": libmilter does not take it");
  errno = 0;
  const mode_t before = umask(007);  // PF-5
  const bool opened = smfi_opensocket(true) == MI_SUCCESS;
  const int error = errno;
  umask(before);
  if (opened) return ok();
  return unavailable(fmt::format("milter.socket {}: {}", socket,
                                 error ? strerror(error) : "cannot be opened; see syslog"));
}

FilterEnd run_filter(const CurrentService& service, Quota& quota) {
  current_service = &service;
  shared_quota = &quota;
  const bool served = smfi_main() == MI_SUCCESS;

  gate.close();
  const auto deadline = std::chrono::steady_clock::now() + drain_patience;
  while (!gate.is_empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const bool drained = gate.is_empty();
  std::this_thread::sleep_for(reply_time);
  return !drained ? FilterEnd::cut_short : served ? FilterEnd::drained : FilterEnd::broken;
}

}  // namespace smtpapi
