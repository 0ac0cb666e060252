#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/links.h"
#include "mail/url_text.h"

namespace smtpapi {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_letter_or_digit(char c) {
  const char lower = to_lower(c);
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

/// The octets of a white space character outside ASCII at `at`, or 0.
std::size_t wide_space_size(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view space :
       {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
        "\xE2\x81\x9F", "\xE3\x80\x80"}) {
    if (rest.starts_with(space)) return space.size();
  }
  const bool is_of_2000 = rest.size() > 2 && rest.starts_with("\xE2\x80") &&
                          static_cast<unsigned char>(rest[2]) >= 0x80 &&
                          static_cast<unsigned char>(rest[2]) <= 0x8A;
  return is_of_2000 ? 3 : 0;
}

/// Where the run at `at` ends: before white space, a control character, "<", ">" or a double quote.
std::size_t end_of_run(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c <= ' ' || c == 0x7F || c == '<' || c == '>' || c == '"') return at;
    if (c >= 0xC2 && c <= 0xE3 && wide_space_size(text, at) > 0) return at;
  }
  return at;
}

/// Without the punctuation at the end of a run; a closing bracket stays when what it closes is
/// inside.
std::string_view without_punctuation(std::string_view run) {
  constexpr std::string_view opening = "([{", closing = ")]}", plain = ".,;:!?'";
  std::array<std::size_t, opening.size()> open{};
  std::size_t end = 0;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (const std::size_t opened = opening.find(run[i]); opened != npos) ++open[opened];
    if (const std::size_t closed = closing.find(run[i]); closed != npos) {
      if (open[closed] == 0) continue;
      --open[closed];
    } else if (plain.find(run[i]) != npos) {
      continue;
    }
    end = i + 1;
  }
  return run.substr(0, end);
}

}  // namespace

std::size_t url_scheme_size(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (starts_with_ignoring_case(text, scheme)) return scheme.size();
  }
  return 0;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

std::vector<FoundLink> find_text_links(std::string_view text) {
  std::vector<FoundLink> out;
  std::size_t searched = 0;
  for (std::size_t at = text.find("://"); at != npos; at = text.find("://", at + 3)) {
    for (const std::size_t letters : {std::size_t{4}, std::size_t{5}}) {
      if (at < searched + letters) continue;
      const std::size_t begin = at - letters;
      const std::size_t scheme = url_scheme_size(text.substr(begin));
      if (scheme != letters + 3 || (begin > 0 && is_letter_or_digit(text[begin - 1]))) continue;
      const std::size_t run_end = end_of_run(text, begin + scheme);
      const auto url = without_punctuation(text.substr(begin, run_end - begin));
      if (url.size() > scheme) {
        FoundLink link;
        link.begin = begin;
        link.end = begin + url.size();
        link.url = url;
        out.push_back(std::move(link));
      }
      searched = run_end;
      at = run_end < 3 ? 0 : run_end - 3;
      break;
    }
  }
  return out;
}

}  // namespace smtpapi
