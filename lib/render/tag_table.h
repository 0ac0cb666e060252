// The tags of a submission and what each becomes for a recipient.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/matcher.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// How line breaks stand in a value (SUB-10).
enum class LineBreaks { as_sent, crlf };

/// A tag that stands for something made for each copy when its text is done (PIPE-3, step 9): it is
/// found in the rounds of substitution, but what it becomes takes no part in them.
struct SlotTag {
  std::string tag;
  std::uint32_t slot = 0;  ///< Expansion::Piece::slot
};

/// Immutable. Looks into the document, which it keeps.
class TagTable {
 public:
  /// The document's own tags win over equal ones of `slots`.
  explicit TagTable(std::shared_ptr<const Document> document, std::vector<SlotTag> slots = {});

  const Matcher& matcher() const { return matcher_; }
  /// Set when `tag` is one of the slots; it has no value then.
  std::optional<std::uint32_t> slot(Matcher::Tag tag) const {
    if (tag < with_crlf_.size()) return std::nullopt;
    return slots_[tag - with_crlf_.size()].slot;
  }
  bool has_slots() const { return !slots_.empty(); }
  /// Text of `tag` for the recipient in row `index`.
  std::string_view value(Matcher::Tag tag, std::size_t index, LineBreaks breaks) const;
  /// True when every tag of the document has the same value in rows 0 to `rows` - 1.
  bool is_uniform(std::size_t rows) const;
  /// Length of the longest tag: how far a tag may reach over a seam.
  std::size_t longest_tag() const { return longest_tag_; }

 private:
  std::shared_ptr<const Document> document_;
  std::vector<SlotTag> slots_;
  Matcher matcher_;
  std::size_t longest_tag_ = 0;
  /// By tag: the same entry with CRLF line ends where it holds line breaks, else empty.
  std::vector<std::vector<std::string>> with_crlf_;
};

}  // namespace smtpapi
