// A text cut at its tags once and expanded once for each recipient (LIB-18), by the rounds of
// SUB-11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "render/tag_table.h"

namespace smtpapi {

/// A text in pieces. Views stay valid as long as the template, the tag table and the expansion do.
struct Expansion {
  static constexpr std::size_t no_literal = SIZE_MAX;
  static constexpr std::size_t no_cut = SIZE_MAX;
  static constexpr std::uint32_t no_slot = UINT32_MAX;
  struct Piece {
    std::string_view text;
    /// Which literal of the template this is, whole and untouched; else no_literal.
    std::size_t literal = no_literal;
    bool fixed = false;            ///< of the template's own text: holds no tag
    std::size_t cut = no_cut;      ///< the value that round 1 put in at this tag of the template
    std::uint32_t slot = no_slot;  ///< stands for something that is made for each copy: no text yet
  };
  std::vector<Piece> pieces;
  std::size_t size = 0;             ///< octets of all pieces
  std::deque<std::string> scratch;  ///< owns what later rounds put together

  std::string text() const;
};

/// A place in a text where something that is made for each copy stands. Tags do not reach over it.
struct TextSlot {
  std::size_t offset = 0;
  std::uint32_t slot = 0;
};

/// Immutable, so threads may share it.
class TextTemplate {
 public:
  static constexpr std::size_t max_tags = 1'000'000;

  TextTemplate() = default;
  /// Cuts `text` (UTF-8) at every tag of `table`, which must outlive this, and at `slots`, which
  /// are ordered by offset; those at one offset stand in the order given.
  TextTemplate(std::string text, const TagTable& table, const std::vector<TextSlot>& slots = {});

  const std::string& text() const { return text_; }
  /// Tags of the document or slots.
  bool has_tags() const { return !cuts_.empty(); }
  bool has_slots() const { return has_slots_; }
  std::size_t cut_count() const { return cuts_.size(); }

  std::size_t literal_count() const { return cuts_.size() + 1; }
  /// The stretch of text before cut `i`; the last one is behind the last cut. May be empty.
  std::string_view literal(std::size_t i) const;

  /// Where cut `i` is in text(): a tag, or a slot, which is empty unless it is a tag too.
  std::size_t cut_begin(std::size_t i) const { return cuts_[i].begin; }
  std::size_t cut_end(std::size_t i) const { return cuts_[i].end; }
  bool is_slot(std::size_t i) const { return cuts_[i].slot != Expansion::no_slot; }

  /// The text for row `index`: up to 4 rounds, each scanning once from left to right, the longest
  /// tag at a place winning, inserted text scanned in the next round only (SUB-11). Costs what was
  /// inserted, not the length of the text, as long as no inserted text makes a new tag.
  /// What slots stand for is not yet there: pieces without text.
  /// Errors: invalid as soon as the text would exceed `limit` octets, before memory is spent on it,
  /// and when there are more than max_tags tags in it.
  Status expand(std::size_t index, LineBreaks breaks, std::size_t limit, Expansion& out) const;

 private:
  struct Cut {
    std::size_t begin = 0;  ///< the tag in text_
    std::size_t end = 0;
    Matcher::Tag tag = 0;
    Matcher::State before = Matcher::start;  ///< the matcher behind the literal before this cut
    std::uint32_t slot = Expansion::no_slot;
  };
  bool makes_new_tags(const Expansion& expansion) const;
  enum class Round { all_tags, slots_only };
  Status later_round(Round round, std::size_t index, LineBreaks breaks, std::size_t limit,
                     Expansion& out, bool& changed) const;
  void cut(std::size_t end);

  std::string text_;
  const TagTable* table_ = nullptr;
  std::vector<Cut> cuts_;
  bool has_slots_ = false;
};

}  // namespace smtpapi
