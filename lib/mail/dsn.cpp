#include "mail/dsn.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mail/codec.h"
#include "mail/encoded_word.h"
#include "mail/mime.h"
#include "mail/parameters.h"

namespace smtpapi {
namespace {

using Kind = ReturnedMail::Kind;

constexpr int max_depth = 10;
constexpr std::size_t max_parts = 100;
constexpr std::size_t max_text = 500;
constexpr std::size_t max_report = 1u << 20;  ///< octets of a report or notice that are read

/// What of a returned message speaks of it.
struct Parts {
  std::optional<std::string> status, feedback;  ///< decoded: of the first part of that kind
  std::optional<std::string> text;              ///< the first text/plain part, else text/html
  bool text_is_html = false;
  std::size_t seen = 0;
};

std::string field_value(std::string_view octets, const HeaderBlock& header, std::string_view name) {
  for (const Field& field : header.fields)
    if (equals_ignoring_case(octets.substr(field.begin, field.name_end - field.begin), name))
      return unfold(octets.substr(field.value, field.end - field.value));
  return {};
}

std::string decoded(std::string_view body, std::string_view encoding) {
  body = body.substr(0, max_report);
  switch (parse_transfer_encoding(encoding)) {
    case TransferEncoding::base64:
      return decode_base64(body);
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(body);
    default:
      return std::string(body);
  }
}

/// The contents between the lines "--boundary"; what stands before the first and behind the last is
/// left out (RFC 2046 5.1.1). The end may be missing.
std::vector<std::string_view> split_at(std::string_view body, std::string_view boundary) {
  std::vector<std::string_view> parts;
  std::optional<std::size_t> begin;
  for (std::size_t line = 0; line < body.size() && parts.size() < max_parts;) {
    const std::size_t end = std::min(body.find('\n', line), body.size() - 1) + 1;
    std::string_view rest = body.substr(line, end - line);
    if (rest.starts_with("--") && rest.substr(2).starts_with(boundary)) {
      rest.remove_prefix(2 + boundary.size());
      const bool is_last = rest.starts_with("--");
      if (is_last || trim(rest).empty()) {
        if (begin) parts.push_back(body.substr(*begin, line - *begin));
        if (is_last) return parts;
        begin = end;
      }
    }
    line = end;
  }
  if (begin && parts.size() < max_parts) parts.push_back(body.substr(*begin));
  return parts;
}

void collect(std::string_view octets, const HeaderBlock& header, int depth, Parts& parts) {
  if (++parts.seen > max_parts || depth > max_depth) return;
  const ParameterizedValue type = parse_parameterized(field_value(octets, header, "Content-Type"));
  const std::string_view body = octets.substr(header.body);
  if (type.value.starts_with("multipart/")) {
    const std::string* boundary = type.find("boundary");
    if (!boundary || boundary->empty()) {
      if (!parts.text) parts.text = std::string(body.substr(0, max_report));
      return;
    }
    for (const std::string_view part : split_at(body, *boundary))
      collect(part, cut_header(part), depth + 1, parts);
    return;
  }
  const auto keep = [&](std::optional<std::string>& place) {
    if (!place) place = decoded(body, field_value(octets, header, "Content-Transfer-Encoding"));
  };
  if (type.value == "message/delivery-status" || type.value == "message/global-delivery-status") {
    keep(parts.status);
  } else if (type.value == "message/feedback-report") {
    keep(parts.feedback);
  } else if (type.value.empty() || type.value == "text/plain" || type.value == "text") {
    if (parts.text_is_html) parts.text.reset();
    parts.text_is_html = false;
    keep(parts.text);
  } else if (type.value == "text/html" && !parts.text) {
    keep(parts.text);
    parts.text_is_html = true;
  }
}

using Fields = std::vector<std::pair<std::string, std::string>>;  ///< name in lower case, value

/// Groups of fields with empty lines between. A line that is no field is passed over.
std::vector<Fields> read_groups(std::string_view text) {
  std::vector<Fields> groups(1);
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    Fields& group = groups.back();
    if (trim(line).empty()) {
      if (!group.empty()) groups.emplace_back();
    } else if (is_blank(line.front())) {
      if (!group.empty()) group.back().second += " " + std::string(trim(line));
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      group.emplace_back(to_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
    }
  }
  if (groups.back().empty()) groups.pop_back();
  return groups;
}

std::string_view value_of(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return {};
}

/// "smtp; 550 5.1.1 no such user" without the type; comments as some MTAs write them stay.
std::string_view without_type(std::string_view value) {
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos || semicolon > 20) return value;
  const std::string_view type = trim(value.substr(0, semicolon));
  if (type.find(' ') != std::string_view::npos) return value;
  return trim(value.substr(semicolon + 1));
}

std::optional<Kind> kind_of(std::string_view action, std::string_view status) {
  const std::string_view word = trim(action.substr(0, action.find_first_of(" ;(")));
  for (const auto& [name, kind] :
       {std::pair("failed", Kind::failed), std::pair("failure", Kind::failed),
        std::pair("delayed", Kind::delayed), std::pair("delivered", Kind::delivered),
        std::pair("relayed", Kind::delivered), std::pair("expanded", Kind::delivered)})
    if (equals_ignoring_case(word, name)) return kind;
  if (status.empty()) return std::nullopt;
  return status[0] == '5' ? Kind::failed : status[0] == '4' ? Kind::delayed : Kind::delivered;
}

/// "5.0.0" says nothing: the diagnostic code may say more.
bool is_vague(std::string_view status) { return status.empty() || status.ends_with(".0.0"); }

std::optional<ReturnedMail> read_recipient(const Fields& fields) {
  const std::string_view diagnostic = without_type(value_of(fields, "diagnostic-code"));
  std::string_view status = find_status_code(value_of(fields, "status"));
  const auto kind = kind_of(value_of(fields, "action"), status);
  if (!kind) return std::nullopt;
  ReturnedMail out;
  out.kind = *kind;
  if (const std::string_view other = find_status_code(diagnostic);
      is_vague(status) && !is_vague(other))
    status = other;
  out.status = status;
  out.reply_code = find_reply_code(diagnostic);
  out.text = printable(diagnostic, max_text);
  return out;
}

int badness(Kind kind) { return kind == Kind::failed ? 2 : kind == Kind::delayed ? 1 : 0; }

bool tells_of_giving_up(const ReturnedMail& mail) {
  if (mail.status.starts_with("4.") || mail.status == "5.4.7" ||
      (mail.reply_code >= 400 && mail.reply_code < 500))
    return true;
  const std::string text = to_lower(mail.text);
  constexpr std::string_view words[] = {"retry time",
                                        "retry timeout",
                                        "message expired",
                                        "too long in queue",
                                        "in the queue too long",
                                        "delivery time expired",
                                        "could not be delivered for",
                                        "delivery expired",
                                        "timed out"};
  return mail.reply_code == 0 &&
         std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return text.find(word) != text.npos; });
}

bool has_one(const Fields& fields, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return !value_of(fields, name).empty(); });
}

/// Nothing when no group tells of a recipient.
std::optional<ReturnedMail> read_delivery_status(std::string_view report) {
  std::optional<ReturnedMail> worst;
  const auto judge = [&](const Fields& fields) {
    auto recipient = read_recipient(fields);
    if (recipient && (!worst || badness(recipient->kind) > badness(worst->kind)))
      worst = std::move(recipient);
  };
  Fields recipient;
  for (Fields& group : read_groups(report)) {
    const bool begins_one = has_one(group, {"final-recipient", "original-recipient", "action"});
    // Empty lines within a recipient's fields: what names no recipient belongs to the one before.
    if (begins_one || recipient.empty()) {
      judge(recipient);
      recipient = std::move(group);
      if (!begins_one) judge(std::exchange(recipient, {}));
    } else {
      recipient.insert(recipient.end(), group.begin(), group.end());
    }
  }
  judge(recipient);
  return worst;
}

/// RFC 5965 section 7.3, RFC 6591: some reports do not complain of spam.
ReturnedMail read_feedback(std::string_view report) {
  ReturnedMail out;
  for (const Fields& group : read_groups(report)) {
    const std::string type = to_lower(value_of(group, "feedback-type"));
    if (type == "not-spam" || type == "auth-failure" || type == "dmarc") return out;
    if (!type.empty()) out.kind = Kind::complaint;
    if (out.source_ip.empty()) out.source_ip = printable(value_of(group, "source-ip"), 45);
  }
  return out;
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::failed:
      return "failed";
    case Kind::delayed:
      return "delayed";
    case Kind::delivered:
      return "delivered";
    case Kind::complaint:
      return "complaint";
    case Kind::auto_reply:
      return "automatic reply";
    case Kind::unknown:
      break;
  }
  return "unknown";
}

ReturnedMail read_returned_mail(const Message& message) {
  Parts parts;
  collect(message.octets(), {message.fields(), message.fields_end(), message.body_begin()}, 0,
          parts);
  if (parts.feedback) return read_feedback(*parts.feedback);
  const std::string text = parts.text.value_or("");
  const Field* subject_field = message.find("Subject");
  const std::string subject =
      subject_field ? decode_encoded_words(unfold(message.value(*subject_field))) : std::string();

  std::optional<ReturnedMail> out;
  if (parts.status) out = read_delivery_status(*parts.status);
  if (!out) {
    const bool names_failed = message.find("X-Failed-Recipients") != nullptr;
    out = read_bounce_text(subject, text, names_failed);
    if (out->kind == Kind::unknown && !parts.status && is_auto_reply(message))
      out->kind = Kind::auto_reply;
  } else if (out->kind == Kind::failed && out->text.empty()) {
    // Some MTAs say what the matter is in their own words only.
    const ReturnedMail in_words = read_bounce_text("failure notice", text, true);
    out->text = in_words.text;
    if (out->reply_code == 0) out->reply_code = in_words.reply_code;
    if (is_vague(out->status) && !is_vague(in_words.status)) out->status = in_words.status;
  }
  if (out->kind == Kind::failed) out->has_given_up = tells_of_giving_up(*out);
  return *std::move(out);
}

}  // namespace smtpapi
