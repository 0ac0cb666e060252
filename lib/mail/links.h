// The links of a text: where their URLs stand in the source (CLICK-3 to CLICK-6, CLICK-10).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/character_reference.h"

namespace smtpapi {

/// A link that is tracked, by its place in the source.
///
/// A URL with a control character is none: no Location field could give it back as it is (CLICK-9).
struct FoundLink {
  /// The URL as it stands in the source: an attribute's value without quotes, or a run of text.
  std::size_t begin = 0, end = 0;
  std::string url;         ///< HTML: character references resolved (CLICK-9); text: as it stands
  char quote = 0;          ///< of the attribute; 0 in text
  bool exempt = false;     ///< clicktracking=off (CLICK-5)
  bool universal = false;  ///< universal="true" (CLICK-6)
  /// Attributes of ours to be taken out, ascending: octets from, to.
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
};

/// The links of `<a>` tags, in order: quoted `href="http://..."` without white space around "=",
/// the first href of its tag, in the document and in conditional comments (CLICK-3, CLICK-4).
/// Linear.
std::vector<FoundLink> find_html_links(std::string_view html);

/// Runs that begin with "http://" or "https://" in UTF-8 text, without the punctuation behind them
/// (CLICK-10). A letter or digit before belongs to another scheme's name. Linear.
std::vector<FoundLink> find_text_links(std::string_view text);

}  // namespace smtpapi
