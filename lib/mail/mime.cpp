#include "mail/mime.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr int max_depth = 100;

/// An entity: its header, and its content in `[begin, end)`.
struct Entity {
  std::vector<Field> fields;
  std::size_t header_end = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Where a delimiter line stands: from behind the line end before it, or from that line end itself,
/// which belongs to the delimiter (RFC 2046 5.1.1), to the line behind it.
struct Delimiter {
  std::size_t begin = 0;  ///< end of the part before it
  std::size_t end = 0;    ///< begin of the part behind it
  bool is_last = false;
};

/// The line at `at`, which begins with "--", as a delimiter of `boundary`. `begin`: of the
/// multipart.
std::optional<Delimiter> read_delimiter(std::string_view octets, std::size_t begin, std::size_t at,
                                        std::string_view boundary) {
  if (!octets.substr(at + 2).starts_with(boundary)) return std::nullopt;
  Delimiter delimiter;
  std::size_t behind = at + 2 + boundary.size();
  if (octets.substr(behind).starts_with("--")) {
    delimiter.is_last = true;
    behind += 2;
  }
  while (behind < octets.size() && is_blank(octets[behind])) ++behind;
  const std::size_t line_end = line_break_length(octets, behind);
  if (line_end == 0 && behind < octets.size()) return std::nullopt;  // "--Bfoo"
  delimiter.end = behind + line_end;
  delimiter.begin = at;
  if (at > begin) {
    const bool has_cr = at >= begin + 2 && octets[at - 2] == '\r';
    delimiter.begin = at - (has_cr ? 2 : 1);
  }
  return delimiter;
}

/// The next delimiter line of `boundary` at or after `from`, which is a line start.
std::optional<Delimiter> find_delimiter(std::string_view octets, std::size_t begin,
                                        std::size_t from, std::string_view boundary) {
  if (octets.substr(from).starts_with("--")) {
    if (auto delimiter = read_delimiter(octets, begin, from, boundary)) return delimiter;
  }
  for (auto at = octets.find("\n--", from); at != std::string_view::npos;
       at = octets.find("\n--", at + 1)) {
    if (auto delimiter = read_delimiter(octets, begin, at + 1, boundary)) return delimiter;
  }
  return std::nullopt;
}

Entity cut_entity(std::string_view octets, std::size_t begin) {
  Entity entity;
  entity.begin = entity.header_end = begin;
  entity.end = octets.size();
  while (entity.begin < octets.size()) {
    const std::size_t empty_line = line_break_length(octets, entity.begin);
    if (empty_line > 0) {
      entity.begin += empty_line;
      break;
    }
    const auto field = cut_field(octets, entity.begin);
    if (!field) break;
    entity.fields.push_back(*field);
    entity.begin = entity.header_end = field->end;
  }
  return entity;
}

class BodyFinder {
 public:
  explicit BodyFinder(const Message& message) : octets_(message.octets()), message_(message) {}

  Structure find() {
    Entity top;
    top.fields = message_.fields();
    top.header_end = message_.fields_end();
    top.begin = message_.body_begin();
    top.end = octets_.size();
    walk(std::move(top), 0);
    return std::move(structure_);
  }

 private:
  void walk(Entity entity, int depth);
  void walk_multipart(const Entity& entity, const ParameterizedValue& type, int depth);
  void add_body(Entity entity, TextKind kind, const ParameterizedValue& type, bool malformed);
  std::optional<std::string> value_of(const Entity& entity, std::string_view name) const;

  std::string_view octets_;
  const Message& message_;
  std::vector<std::string> boundaries_;
  Structure structure_;
};

std::optional<std::string> BodyFinder::value_of(const Entity& entity, std::string_view name) const {
  for (const Field& field : entity.fields) {
    if (equals_ignoring_case(message_.name(field), name)) {
      return std::string(trim(message_.value(field)));
    }
  }
  return std::nullopt;
}

/// MIME-1: attached, or with a file name.
bool is_attachment(const ParameterizedValue& type, const ParameterizedValue& disposition) {
  return disposition.value == "attachment" || disposition.find("filename") || type.find("name");
}

bool is_sealed(std::string_view type) {  // MIME-5
  return type == "multipart/signed" || type == "multipart/encrypted" ||
         type == "application/pkcs7-mime" || type == "application/x-pkcs7-mime";
}

void BodyFinder::walk(Entity entity, int depth) {
  ParameterizedValue type = parse_parameterized(value_of(entity, "Content-Type").value_or(""));
  // RFC 2045 5.2: no type, or one that is none, is text.
  if (type.value.find('/') == std::string::npos) type.value = "text/plain";
  if (is_sealed(type.value)) {
    if (depth == 0) structure_.sealed = true;
    return;
  }
  if (type.value.starts_with("multipart/")) {
    walk_multipart(entity, type, depth);
    return;
  }
  const auto disposition =
      parse_parameterized(value_of(entity, "Content-Disposition").value_or(""));
  if (is_attachment(type, disposition)) return;
  if (type.value == "text/plain") add_body(std::move(entity), TextKind::plain, type, false);
  if (type.value == "text/html") add_body(std::move(entity), TextKind::html, type, false);
  if (type.value == "text/x-amp-html") add_body(std::move(entity), TextKind::amp, type, false);
}

void BodyFinder::walk_multipart(const Entity& entity, const ParameterizedValue& type, int depth) {
  const bool is_closed_to_us = type.value == "multipart/report" || type.value == "multipart/digest";
  if (is_closed_to_us || depth >= max_depth) return;
  const std::string_view content = octets_.substr(0, entity.end);
  const std::string* boundary = type.find("boundary");
  auto delimiter = boundary && !boundary->empty()
                       ? find_delimiter(content, entity.begin, entity.begin, *boundary)
                       : std::nullopt;
  if (!delimiter) {
    add_body(entity, TextKind::plain, type, true);
    return;
  }
  // Only alternatives and related parts stand for the same text; elsewhere, as RFC 2046 5.1.3 says
  // of kinds that are not known, the first of a kind is the body and what follows is attached.
  const bool takes_all = type.value == "multipart/alternative" || type.value == "multipart/related";
  const std::size_t before = structure_.bodies.size();
  boundaries_.push_back(*boundary);
  while (delimiter && !delimiter->is_last) {
    const auto next = find_delimiter(content, delimiter->end, delimiter->end, *boundary);
    const std::size_t end = next ? std::max(next->begin, delimiter->end) : entity.end;
    const auto had = static_cast<std::ptrdiff_t>(structure_.bodies.size());
    walk(cut_entity(octets_.substr(0, end), delimiter->end), depth + 1);
    if (!takes_all) {
      auto& bodies = structure_.bodies;
      const auto earlier = bodies.begin() + static_cast<std::ptrdiff_t>(before);
      const auto fresh = bodies.begin() + had;
      bodies.erase(std::remove_if(fresh, bodies.end(),
                                  [&](const TextPart& part) {
                                    return std::any_of(earlier, fresh, [&](const TextPart& other) {
                                      return other.kind == part.kind;
                                    });
                                  }),
                   bodies.end());
    }
    delimiter = next;
  }
  boundaries_.pop_back();
}

void BodyFinder::add_body(Entity entity, TextKind kind, const ParameterizedValue& type,
                          bool malformed) {
  TextPart part;
  const TransferEncoding encoding =
      parse_transfer_encoding(value_of(entity, "Content-Transfer-Encoding").value_or("7bit"));
  // Composite types must not be encoded (RFC 2045 6.4): where one is, its text is nobody's.
  if (malformed &&
      (encoding == TransferEncoding::base64 || encoding == TransferEncoding::quoted_printable)) {
    return;
  }
  part.kind = kind;
  part.top_level = boundaries_.empty();
  part.malformed = malformed;
  part.encoding = encoding;
  if (const std::string* charset = type.find("charset"); charset && !malformed) {
    part.charset = *charset;
  }
  part.boundaries = boundaries_;
  part.fields = std::move(entity.fields);
  part.header_end = entity.header_end;
  part.begin = entity.begin;
  part.end = entity.end;
  structure_.bodies.push_back(std::move(part));
}

}  // namespace

TransferEncoding parse_transfer_encoding(std::string_view field_value) {
  // The syntax of a type without subtype: comments and blanks go the same way.
  const std::string name = parse_parameterized(field_value).value;
  constexpr struct {
    std::string_view name;
    TransferEncoding encoding;
  } known[] = {{"7bit", TransferEncoding::seven_bit},
               {"8bit", TransferEncoding::eight_bit},
               {"binary", TransferEncoding::binary},
               {"quoted-printable", TransferEncoding::quoted_printable},
               {"base64", TransferEncoding::base64}};
  for (const auto& entry : known) {
    if (entry.name == name) return entry.encoding;
  }
  return TransferEncoding::unknown;
}

std::string_view to_string(TransferEncoding encoding) {
  constexpr std::string_view names[] = {"7bit",   "8bit",   "binary", "quoted-printable",
                                        "base64", "unknown"};
  return names[static_cast<int>(encoding)];
}

Structure find_bodies(const Message& message) { return BodyFinder(message).find(); }

}  // namespace smtpapi
