#include "net/smtp_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_attribute = 255;
constexpr std::size_t max_command = 512;

Status check_path(std::string_view which, std::string_view address) {
  bool quoted = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const auto c = static_cast<unsigned char>(address[i]);
    const bool escaped = quoted && c == '\\' && i + 1 < address.size();
    const bool ends_path = !quoted && (c == ' ' || c == '<' || c == '>');
    if (c < 0x20 || c == 0x7F || ends_path) {
      return invalid(fmt::format("{} cannot be said in SMTP: '{}'", which, printable(address)));
    }
    if (c == '"') quoted = !quoted;
    if (escaped && static_cast<unsigned char>(address[i + 1]) >= 0x20) ++i;
  }
  if (quoted) {
    return invalid(fmt::format("{} has an open quote: '{}'", which, printable(address)));
  }
  return ok();
}

/// Appends those of `parameters` whose keyword is one of two.
void append_parameters(std::string& out, std::string_view parameters, std::string_view first,
                       std::string_view second) {
  for (const std::string_view word : words(parameters)) {
    const std::string_view keyword = word.substr(0, word.find('='));
    const bool known =
        equals_ignoring_case(keyword, first) || equals_ignoring_case(keyword, second);
    const bool visible =
        std::all_of(word.begin(), word.end(), [](unsigned char c) { return c > ' ' && c != 0x7F; });
    if (known && visible && keyword.size() + 1 < word.size()) {
      out += ' ';
      out += word;
    }
  }
}

}  // namespace

SmtpFeatures parse_features(std::span<const std::string> lines) {
  SmtpFeatures out;
  for (const std::string_view line : lines.empty() ? lines : lines.subspan(1)) {
    const auto said = words(line);
    if (said.empty()) continue;
    const auto is = [&](std::string_view keyword) {
      return equals_ignoring_case(said[0], keyword);
    };
    out.pipelining |= is("PIPELINING");
    out.eight_bit_mime |= is("8BITMIME");
    out.smtputf8 |= is("SMTPUTF8");
    out.dsn |= is("DSN");
    out.size |= is("SIZE");
    if (!is("XFORWARD")) continue;
    for (const std::string_view attribute : said) {
      out.xforward_ident |= equals_ignoring_case(attribute, "IDENT");
      out.xforward_name |= equals_ignoring_case(attribute, "NAME");
      out.xforward_addr |= equals_ignoring_case(attribute, "ADDR");
    }
  }
  return out;
}

bool needs_smtputf8(const Parcel& parcel) {
  return parcel.smtputf8 || !is_ascii(parcel.reverse_path) || !is_ascii(parcel.recipient);
}

Status check_addresses(const Parcel& parcel) {
  if (Status fit = check_path("5.1.7 the reverse-path", parcel.reverse_path); !fit) return fit;
  if (parcel.recipient.empty()) return invalid("5.1.3 the recipient is empty");
  return check_path("5.1.3 the recipient", parcel.recipient);
}

void append_mail(std::string& out, const Parcel& parcel, const SmtpFeatures& features,
                 std::size_t content_size) {
  out += "MAIL FROM:<";
  out += parcel.reverse_path;
  out += '>';
  if (features.size) fmt::format_to(std::back_inserter(out), " SIZE={}", content_size);
  if (features.eight_bit_mime && parcel.eight_bit) out += " BODY=8BITMIME";
  if (features.smtputf8 && needs_smtputf8(parcel)) out += " SMTPUTF8";
  if (features.dsn) append_parameters(out, parcel.mail_parameters, "RET", "ENVID");
  out += "\r\n";
}

void append_rcpt(std::string& out, const Parcel& parcel, const SmtpFeatures& features) {
  out += "RCPT TO:<";
  out += parcel.recipient;
  out += '>';
  if (features.dsn) append_parameters(out, parcel.rcpt_parameters, "NOTIFY", "ORCPT");
  out += "\r\n";
}

std::size_t append_xforward(std::string& out, const Parcel& parcel, const SmtpFeatures& features) {
  const bool is_ipv6 = parcel.client_address.find(':') != std::string_view::npos &&
                       !starts_with_ignoring_case(parcel.client_address, "IPv6:");
  const struct {
    bool offered;
    std::string_view name, prefix, value;
  } attributes[] = {
      {features.xforward_ident, "IDENT", "", parcel.orig_queue_id},
      {features.xforward_name, "NAME", "", parcel.client_name},
      {features.xforward_addr, "ADDR", is_ipv6 ? "IPv6:" : "", parcel.client_address},
  };
  std::size_t commands = 0;
  std::size_t begin = 0;
  for (const auto& attribute : attributes) {
    if (!attribute.offered || attribute.value.empty()) continue;
    const std::string said =
        fmt::format(" {}={}{}", attribute.name, attribute.prefix,
                    to_xtext(attribute.value, max_attribute - attribute.prefix.size()));
    if (commands == 0 || out.size() - begin + said.size() + 2 > max_command) {
      if (commands > 0) out += "\r\n";
      begin = out.size();
      out += "XFORWARD";
      ++commands;
    }
    out += said;
  }
  if (commands > 0) out += "\r\n";
  return commands;
}

std::string to_xtext(std::string_view octets, std::size_t limit) {
  std::string out;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = octet > ' ' && octet < 0x7F && c != '+' && c != '=';
    if (out.size() + (plain ? 1 : 3) > limit) break;
    if (plain) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "+{:02X}", octet);
    }
  }
  return out;
}

}  // namespace smtpapi
