// The tags of a submission and what each becomes for a recipient.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "render/matcher.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// How line breaks stand in a value (SUB-10).
enum class LineBreaks { as_sent, crlf };

/// Immutable. Looks into the document, which it keeps.
class TagTable {
 public:
  explicit TagTable(std::shared_ptr<const Document> document);

  const Matcher& matcher() const { return matcher_; }
  /// Text of `tag` for the recipient in row `index`.
  std::string_view value(Matcher::Tag tag, std::size_t index, LineBreaks breaks) const;
  /// True when every tag has the same value in rows 0 to `rows` - 1.
  bool is_uniform(std::size_t rows) const;
  /// Length of the longest tag: how far a tag may reach over a seam.
  std::size_t longest_tag() const { return longest_tag_; }

 private:
  std::shared_ptr<const Document> document_;
  Matcher matcher_;
  std::size_t longest_tag_ = 0;
  /// By tag: the same entry with CRLF line ends where it holds line breaks, else empty.
  std::vector<std::vector<std::string>> with_crlf_;
};

}  // namespace smtpapi
