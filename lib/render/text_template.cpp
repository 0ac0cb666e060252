#include "render/text_template.h"

#include <fmt/format.h>

#include <algorithm>

namespace smtpapi {
namespace {

constexpr int max_rounds = 4;

Error too_large(std::size_t limit) {
  return invalid(
      fmt::format("its substitutions make a text of more than {} octets "
                  "(limits.message-bytes)",
                  limit));
}

}  // namespace

std::string Expansion::text() const {
  std::string out;
  out.reserve(size);
  for (const Piece& piece : pieces) out += piece.text;
  return out;
}

TextTemplate::TextTemplate(std::string text, const TagTable& table,
                           const std::vector<TextSlot>& slots)
    : text_(std::move(text)), table_(&table) {
  for (const TextSlot& slot : slots) {
    cut(slot.offset);
    cuts_.push_back({slot.offset, slot.offset, 0, Matcher::start, slot.slot});
  }
  cut(text_.size());
  has_slots_ = std::any_of(cuts_.begin(), cuts_.end(),
                           [](const Cut& c) { return c.slot != Expansion::no_slot; });
}

/// Cuts at the tags between the last cut and `end`.
void TextTemplate::cut(std::size_t end) {
  const Matcher& matcher = table_->matcher();
  const std::string_view text = std::string_view(text_).substr(0, end);
  std::size_t done = cuts_.empty() ? 0 : cuts_.back().end;
  while (const auto match = matcher.find(text, done)) {
    if (cuts_.size() > max_tags) break;
    const std::string_view before = text.substr(done, match->begin - done);
    // Only the end of a literal can be the beginning of a tag.
    const std::size_t reach = std::min(before.size(), table_->longest_tag());
    cuts_.push_back({match->begin, match->end, match->tag,
                     matcher.run(Matcher::start, before.substr(before.size() - reach)),
                     table_->slot(match->tag).value_or(Expansion::no_slot)});
    done = match->end;
  }
}

std::string_view TextTemplate::literal(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : cuts_[i - 1].end;
  const std::size_t end = i == cuts_.size() ? text_.size() : cuts_[i].begin;
  return std::string_view(text_).substr(begin, end - begin);
}

Status TextTemplate::expand(std::size_t index, LineBreaks breaks, std::size_t limit,
                            Expansion& out) const {
  if (cuts_.size() > max_tags) {
    return invalid(fmt::format("more than {} substitution tags in one text", max_tags));
  }
  out.pieces.clear();
  out.scratch.clear();
  out.size = 0;
  for (std::size_t i = 0; i <= cuts_.size(); ++i) {
    const std::string_view fixed = literal(i);
    out.pieces.push_back({fixed, i, true});
    out.size += fixed.size();
    if (i == cuts_.size()) break;
    if (cuts_[i].slot != Expansion::no_slot) {
      out.pieces.push_back({{}, Expansion::no_literal, true, i, cuts_[i].slot});
      continue;
    }
    const std::string_view value = table_->value(cuts_[i].tag, index, breaks);
    out.pieces.push_back({value, Expansion::no_literal, false, i});
    out.size += value.size();
  }
  if (out.size > limit) return too_large(limit);
  if (cuts_.empty() || !makes_new_tags(out)) return ok();

  bool changed = true;
  for (int round = 2; round <= max_rounds && changed; ++round) {
    if (Status done = later_round(Round::all_tags, index, breaks, limit, out, changed); !done)
      return done;
  }
  if (!changed) return ok();
  return later_round(Round::slots_only, index, breaks, limit, out, changed);
}

/// Whether round 2 would find anything: a tag inside an inserted value or across its seams. A
/// literal holds no tag, so of it only those octets are read that a tag begun earlier could reach.
bool TextTemplate::makes_new_tags(const Expansion& expansion) const {
  const Matcher& matcher = table_->matcher();
  Matcher::State state = Matcher::start;
  for (const Expansion::Piece& piece : expansion.pieces) {
    if (piece.slot != Expansion::no_slot) {
      state = Matcher::start;
      continue;
    }
    std::size_t read = 0;
    while (read < piece.text.size()) {
      if (piece.fixed && matcher.depth(state) <= read) break;
      state = matcher.next(state, piece.text[read++]);
      if (matcher.is_match(state)) return true;
    }
    // From here on the literal was read when it was cut.
    if (piece.fixed && matcher.depth(state) <= read && piece.literal < cuts_.size()) {
      state = cuts_[piece.literal].before;
    }
  }
  return false;
}

/// One round over what the last round inserted; slots stay where they are. Literals are cut down to
/// the octets that a tag at their seams could take; the stretches between what is left of them are
/// scanned as one text.
Status TextTemplate::later_round(Round round, std::size_t index, LineBreaks breaks,
                                 std::size_t limit, Expansion& out, bool& changed) const {
  const Matcher& matcher = table_->matcher();
  const std::size_t reach = table_->longest_tag() - 1;
  std::vector<Expansion::Piece> pieces;
  std::deque<std::string> scratch;
  std::size_t size = 0;
  std::string stretch;
  changed = false;

  const auto scan_stretch = [&]() -> bool {
    if (stretch.empty()) return true;
    std::string result;
    std::size_t done = 0;
    const auto end_piece = [&] {
      size += result.size();
      scratch.push_back(std::move(result));
      pieces.push_back({scratch.back()});
      result.clear();
    };
    while (const auto match = matcher.find(stretch, done)) {
      if (const auto slot = table_->slot(match->tag)) {
        changed = true;
        result.append(stretch, done, match->begin - done);
        end_piece();
        pieces.push_back({{}, Expansion::no_literal, true, Expansion::no_cut, *slot});
        done = match->end;
        continue;
      }
      if (round == Round::slots_only) {
        result.append(stretch, done, match->end - done);
        done = match->end;
        continue;
      }
      changed = true;
      const std::string_view value = table_->value(match->tag, index, breaks);
      result.append(stretch, done, match->begin - done);
      if (size + result.size() + value.size() > limit) return false;
      result += value;
      done = match->end;
    }
    result.append(stretch, done);
    stretch.clear();
    end_piece();
    return size <= limit;
  };

  for (std::size_t i = 0; i < out.pieces.size(); ++i) {
    const Expansion::Piece& piece = out.pieces[i];
    if (piece.slot != Expansion::no_slot) {
      if (!scan_stretch()) return too_large(limit);
      pieces.push_back(piece);
      continue;
    }
    const bool first = i == 0;
    const bool last = i + 1 == out.pieces.size();
    const std::size_t head = first ? 0 : reach;
    const std::size_t tail = last ? 0 : reach;
    if (!piece.fixed || piece.text.size() <= head + tail) {
      stretch += piece.text;
      continue;
    }
    stretch += piece.text.substr(0, head);
    if (!scan_stretch()) return too_large(limit);
    const std::string_view rest = piece.text.substr(head, piece.text.size() - head - tail);
    pieces.push_back({rest, Expansion::no_literal, true});
    size += rest.size();
    stretch += piece.text.substr(piece.text.size() - tail);
  }
  if (!scan_stretch()) return too_large(limit);
  out.pieces = std::move(pieces);
  out.scratch = std::move(scratch);
  out.size = size;
  return ok();
}

}  // namespace smtpapi
