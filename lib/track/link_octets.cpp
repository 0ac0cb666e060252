#include "track/link_octets.h"

#include <cstdint>

#include "base/encode.h"

namespace smtpapi {
namespace {

// The first octet: a LinkKind, and flags.
constexpr unsigned kind_mask = 0x07;
constexpr unsigned is_text = 0x08;      // the click's LinkType
constexpr unsigned is_amp = 0x80;       // so is this; neither: HTML
constexpr unsigned spelled_out = 0x10;  // the submission's id is not 22 characters for 16 octets
constexpr unsigned has_group = 0x20;
constexpr unsigned has_groups = 0x40;
constexpr unsigned all_flags = kind_mask | is_text | is_amp | spelled_out | has_group | has_groups;

constexpr std::size_t id_size = 16;
constexpr std::size_t max_groups = 25;  // ASM limits asm_groups_to_display

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

/// Counts what is written, or keeps it.
struct Counter {
  std::size_t size = 0;
  void put(char) { ++size; }
  void put(std::string_view text) { size += text.size(); }
};
struct Keeper {
  std::string octets;
  void put(char c) { octets.push_back(c); }
  void put(std::string_view text) { octets.append(text); }
};

template <class Out>
void put_number(Out& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.put(static_cast<char>(value | 0x80));
  out.put(static_cast<char>(value));
}

template <class Out>
void write(Out& out, const Link& link) {
  const bool is_click = link.kind == LinkKind::click;
  const auto id = decode_base64url(link.submission_id);
  const bool is_short_id = id && id->size() == id_size;
  const std::size_t groups = std::min(link.groups.size(), max_groups);

  unsigned first = static_cast<unsigned>(link.kind);
  if (is_click && link.type == LinkType::text) first |= is_text;
  if (is_click && link.type == LinkType::amp) first |= is_amp;
  if (!is_short_id) first |= spelled_out;
  if (link.group) first |= has_group;
  if (groups > 0) first |= has_groups;
  out.put(static_cast<char>(first));

  if (is_short_id) {
    out.put(std::string_view(*id));
  } else {
    put_number(out, link.submission_id.size());
    out.put(std::string_view(link.submission_id));
  }
  put_number(out, link.index);
  put_number(out, link.recipient.size());
  out.put(std::string_view(link.recipient));
  if (link.group) put_number(out, zigzag(*link.group));
  if (groups > 0) {
    put_number(out, groups);
    for (std::size_t i = 0; i < groups; ++i) put_number(out, zigzag(link.groups[i]));
  }
  if (is_click) {
    put_number(out, link.place);
    out.put(std::string_view(link.url));
  }
}

/// Takes from the front; once something is missing, all that follows is.
class Reader {
 public:
  explicit Reader(std::string_view octets) : rest_(octets) {}

  bool failed() const { return failed_; }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::uint64_t size) {
    if (failed_ || size > rest_.size()) return fail();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  unsigned octet() {
    const std::string_view taken = take(1);
    return taken.empty() ? 0 : static_cast<unsigned char>(taken[0]);
  }

  /// In its shortest form only, at most 64 bits.
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const unsigned next = octet();
      if (failed_) return 0;
      if (shift == 63 && next > 1) break;
      value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
      if (next < 0x80) {
        if (next == 0 && shift > 0) break;
        return value;
      }
    }
    fail();
    return 0;
  }

 private:
  std::string_view fail() {
    failed_ = true;
    rest_ = {};
    return {};
  }

  std::string_view rest_;
  bool failed_ = false;
};

bool is_kind(unsigned value) {
  return value >= static_cast<unsigned>(LinkKind::click) &&
         value <= static_cast<unsigned>(LinkKind::trap);
}

}  // namespace

std::string link_octets(const Link& link) {
  Keeper out;
  out.octets.reserve(64 + link.recipient.size() + link.url.size());
  write(out, link);
  return std::move(out.octets);
}

std::size_t link_octets_size(const Link& link) {
  Counter out;
  write(out, link);
  return out.size;
}

std::optional<Link> read_link(std::string_view octets) {
  Reader in(octets);
  const unsigned first = in.octet();
  if (!is_kind(first & kind_mask) || (first & ~all_flags) != 0) return std::nullopt;
  Link link;
  link.kind = static_cast<LinkKind>(first & kind_mask);
  const bool is_click = link.kind == LinkKind::click;
  if (first & (is_text | is_amp)) {
    const bool is_both = (first & is_text) && (first & is_amp);
    if (!is_click || is_both) return std::nullopt;
    link.type = first & is_text ? LinkType::text : LinkType::amp;
  }

  if (first & spelled_out) {
    link.submission_id = in.take(in.number());
    const auto id = decode_base64url(link.submission_id);
    if (id && id->size() == id_size) return std::nullopt;
  } else {
    link.submission_id = base64url(in.take(id_size));
  }
  link.index = in.number();
  link.recipient = in.take(in.number());
  if (first & has_group) link.group = from_zigzag(in.number());
  if (first & has_groups) {
    const std::uint64_t count = in.number();
    if (count == 0 || count > max_groups) return std::nullopt;
    for (std::uint64_t i = 0; i < count; ++i) link.groups.push_back(from_zigzag(in.number()));
  }
  if (is_click) {
    link.place = in.number();
    link.url = in.take(in.rest().size());
  }
  if (in.failed() || !in.rest().empty()) return std::nullopt;
  return link;
}

}  // namespace smtpapi
