#include "milter/recipient_order.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/text.h"

namespace smtpapi {
namespace {

/// What an address consists of in practice: everything else in a To field ends it.
bool is_address_octet(char c) {
  return !is_space(c) && std::string_view("<>(),;:\"[]").find(c) == std::string_view::npos;
}

/// Each address-like word of To and Cc in lower case, and its first position.
std::map<std::string, std::size_t, std::less<>> shown_addresses(const Message& message) {
  std::map<std::string, std::size_t, std::less<>> out;
  for (const char* name : {"To", "Cc"}) {
    for (const Field& field : message.fields()) {
      if (!equals_ignoring_case(message.name(field), name)) continue;
      std::string_view rest = message.value(field);
      while (!rest.empty()) {
        const auto begin = std::find_if(rest.begin(), rest.end(), is_address_octet);
        const auto end = std::find_if_not(begin, rest.end(), is_address_octet);
        const std::string_view word(begin, end);
        if (word.find('@') != std::string_view::npos) out.emplace(to_lower(word), out.size());
        rest = std::string_view(end, rest.end());
      }
    }
  }
  return out;
}

template <class T>
bool all_equal(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

}  // namespace

bool depends_on_order(const Document& document, std::size_t recipients) {
  if (!document.to.empty() || recipients < 2) return false;
  if (!all_equal(document.send_each_at)) return true;
  // A missing element is the empty string (SUB-3): a single value is for the first one only.
  return std::any_of(document.sub.begin(), document.sub.end(), [&](const Substitution& sub) {
    for (std::size_t i = 1; i < recipients; ++i)
      if (sub.value(i) != sub.value(0)) return true;
    return false;
  });
}

std::optional<std::vector<EnvelopeRecipient>> ordered_as_shown(
    const std::vector<EnvelopeRecipient>& recipients, const Message& message) {
  const auto shown = shown_addresses(message);
  std::vector<std::pair<std::size_t, const EnvelopeRecipient*>> places;
  for (const EnvelopeRecipient& recipient : recipients) {
    const auto found = shown.find(to_lower(recipient.address));
    if (found == shown.end()) return std::nullopt;
    places.emplace_back(found->second, &recipient);
  }
  std::sort(places.begin(), places.end());
  std::vector<EnvelopeRecipient> out;
  for (const auto& [place, recipient] : places) out.push_back(*recipient);
  return out;
}

}  // namespace smtpapi
