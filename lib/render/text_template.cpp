#include "render/text_template.h"

#include <fmt/format.h>

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

TextTemplate::TextTemplate(std::string text, const TagTable& table)
    : text_(std::move(text)), table_(&table) {
  const Matcher& matcher = table.matcher();
  std::size_t done = 0;
  while (const auto match = matcher.find(text_, done)) {
    if (cuts_.size() > max_tags) break;
    const std::string_view before(text_.data() + done, match->begin - done);
    // Only the end of a literal can be the beginning of a tag.
    const std::size_t reach = std::min(before.size(), table.longest_tag());
    cuts_.push_back({match->begin, match->end, match->tag,
                     matcher.run(Matcher::start, before.substr(before.size() - reach))});
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
    const std::string_view value = table_->value(cuts_[i].tag, index, breaks);
    out.pieces.push_back({value});
    out.size += value.size();
  }
  if (out.size > limit) return too_large(limit);
  if (cuts_.empty() || !makes_new_tags(out)) return ok();

  bool changed = true;
  for (int round = 2; round <= max_rounds && changed; ++round) {
    if (Status done = later_round(index, breaks, limit, out, changed); !done) return done;
  }
  return ok();
}

/// Whether round 2 would find anything: a tag inside an inserted value or across its seams. A
/// literal holds no tag, so of it only those octets are read that a tag begun earlier could reach.
bool TextTemplate::makes_new_tags(const Expansion& expansion) const {
  const Matcher& matcher = table_->matcher();
  Matcher::State state = Matcher::start;
  for (const Expansion::Piece& piece : expansion.pieces) {
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

/// One round over what the last round inserted. Literals are cut down to the octets that a tag at
/// their seams could take; the stretches between what is left of them are scanned as one text.
Status TextTemplate::later_round(std::size_t index, LineBreaks breaks, std::size_t limit,
                                 Expansion& out, bool& changed) const {
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
    while (const auto match = matcher.find(stretch, done)) {
      changed = true;
      const std::string_view value = table_->value(match->tag, index, breaks);
      result.append(stretch, done, match->begin - done);
      if (size + result.size() + value.size() > limit) return false;
      result += value;
      done = match->end;
    }
    result.append(stretch, done);
    stretch.clear();
    size += result.size();
    scratch.push_back(std::move(result));
    pieces.push_back({scratch.back()});
    return size <= limit;
  };

  for (std::size_t i = 0; i < out.pieces.size(); ++i) {
    const Expansion::Piece& piece = out.pieces[i];
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
