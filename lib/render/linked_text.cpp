#include "render/linked_text.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mail/url_text.h"

namespace smtpapi {
namespace {

LinkType link_type(TextKind kind) {
  if (kind == TextKind::amp) return LinkType::amp;
  return kind == TextKind::plain ? LinkType::text : LinkType::html;
}

std::vector<TextSlot> text_slots(const std::vector<PlacedSlot>& slots) {
  std::vector<TextSlot> out;
  out.reserve(slots.size());
  for (const PlacedSlot& slot : slots) out.push_back({slot.offset, slot.slot.id()});
  return out;
}

/// Some tag of ASM-6 is to become a link.
bool has_group_slot(const Expansion& expansion) {
  return std::any_of(expansion.pieces.begin(), expansion.pieces.end(),
                     [](const Expansion::Piece& piece) {
                       if (piece.slot == Expansion::no_slot) return false;
                       const SlotKind kind = Slot::of_id(piece.slot).kind;
                       return kind >= SlotKind::group_url && kind <= SlotKind::preferences_link;
                     });
}

/// `names` stands right before `at`, with "=" and a quote between: the value of such an attribute.
bool is_value_of_ours(std::string_view before) {
  if (before.ends_with('"') || before.ends_with('\'')) before.remove_suffix(1);
  before = before.substr(0, before.find_last_not_of(" \t\r\n\f") + 1);
  if (!before.ends_with('=')) return false;
  before.remove_suffix(1);
  before = before.substr(0, before.find_last_not_of(" \t\r\n\f") + 1);
  for (const std::string_view name : {"clicktracking", "universal"}) {
    if (before.size() >= name.size() &&
        equals_ignoring_case(before.substr(before.size() - name.size()), name))
      return true;
  }
  return false;
}

}  // namespace

/// The text with something harmless in the place of each tag, so that its markup can be read: what
/// could begin a URL, because an href may begin with a tag. Slots are empty.
struct LinkedText::Neutral {
  static constexpr std::string_view filler = "http://tag";

  std::string text;
  std::vector<std::size_t> begins;   ///< of each literal, in `text`
  std::vector<std::size_t> sources;  ///< and in the template
  std::vector<std::size_t> tags;     ///< where the fillers are
  std::vector<std::size_t> cuts;     ///< and which cuts they stand for

  explicit Neutral(const TextTemplate& source) {
    for (std::size_t i = 0; i < source.literal_count(); ++i) {
      begins.push_back(text.size());
      sources.push_back(i == 0 ? 0 : source.cut_end(i - 1));
      text += source.literal(i);
      if (i == source.cut_count() || source.is_slot(i)) continue;
      tags.push_back(text.size());
      cuts.push_back(i);
      text += filler;
    }
  }

  /// Of two literals that meet at an offset, the one before it and the one behind it.
  std::size_t source_before(std::size_t at) const { return source(literal_before(at), at); }
  std::size_t source_behind(std::size_t at) const { return source(literal_behind(at), at); }
  std::size_t literal_before(std::size_t at) const {
    const auto next = std::lower_bound(begins.begin(), begins.end(), at);
    const auto index = static_cast<std::size_t>(next - begins.begin());
    return at == 0 ? 0 : index - 1;
  }
  std::size_t literal_behind(std::size_t at) const {
    const auto next = std::upper_bound(begins.begin(), begins.end(), at);
    return static_cast<std::size_t>(next - begins.begin()) - 1;
  }

 private:
  std::size_t source(std::size_t literal, std::size_t at) const {
    return sources[literal] + (at - begins[literal]);
  }
};

LinkedText::LinkedText(BodyText body, const LinkRules& rules, const TagTable& table)
    : kind_(body.kind), tags_may_be_slots_(table.has_slots()), fixed_(std::move(body.fixed)) {
  has_links_ = kind_ == TextKind::plain ? rules.touch_text() : rules.touch_html();
  if (has_links_) {
    find_links(body, rules, table);
  } else {
    template_ = TextTemplate(std::move(body.text), table, text_slots(body.slots));
  }
}

std::vector<FoundLink> LinkedText::links_in(std::string_view text) const {
  return kind_ == TextKind::plain ? find_text_links(text) : find_html_links(text);
}

/// Puts slots in the place of links where the template shows them, and otherwise notes that they
/// must be looked for in each copy.
void LinkedText::find_links(const BodyText& body, const LinkRules& rules, const TagTable& table) {
  plain_ = TextTemplate(body.text, table, text_slots(body.slots));
  const Neutral neutral(plain_);
  std::vector<HtmlPlace> places;
  if (kind_ == TextKind::plain) {
    scans_ = !neutral.tags.empty();  // what is inserted may end a URL, or begin one
  } else {
    places = places_of(neutral.text, neutral.tags);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string_view before = std::string_view(neutral.text).substr(0, neutral.tags[i]);
      if (places[i] == HtmlPlace::other || is_value_of_ours(before)) scans_ = true;
    }
  }
  if (scans_) {
    template_ = std::move(plain_);
    plain_ = TextTemplate();
    return;
  }

  std::string text;
  std::vector<TextSlot> slots;
  std::size_t done = 0;
  auto next_slot = body.slots.begin();
  const auto keep_until = [&](std::size_t end) {
    for (; next_slot != body.slots.end() && next_slot->offset <= end; ++next_slot)
      slots.push_back({text.size() + (next_slot->offset - done), next_slot->slot.id()});
    text.append(body.text, done, end - done);
    done = end;
  };
  const auto drop_until = [&](std::size_t end) { done = end; };
  for (const FoundLink& found : links_in(neutral.text)) {
    const std::size_t first = neutral.literal_before(found.begin);
    const std::size_t last = neutral.literal_behind(found.end);
    bool has_slot = false;
    for (std::size_t cut = first; cut < last; ++cut) has_slot = has_slot || plain_.is_slot(cut);
    if (has_slot && first < last) continue;  // a URL of ours with something around it
    const std::size_t begin = neutral.source_before(found.begin);
    const std::size_t end = neutral.source_behind(found.end);

    auto cut = found.cuts.begin();
    const auto cut_until = [&](std::size_t limit) {
      for (; cut != found.cuts.end() && cut->first < limit; ++cut) {
        if (!rules.click) continue;
        keep_until(neutral.source_before(cut->first));
        drop_until(neutral.source_behind(cut->second));
      }
    };
    cut_until(found.begin);
    keep_until(begin);
    const auto number = static_cast<std::uint32_t>(links_.size());
    links_.push_back({body.text.substr(begin, end - begin), found.url, found.quote, found.exempt,
                      found.universal});
    if (first == last) {
      slots.push_back({text.size(), Slot{SlotKind::click, number}.id()});
      drop_until(end);
    } else {
      slots.push_back({text.size(), Slot{SlotKind::link_begin, number}.id()});
      keep_until(end);
      slots.push_back({text.size(), Slot{SlotKind::link_end, number}.id()});
    }
    cut_until(SIZE_MAX);
  }
  keep_until(body.text.size());

  template_ = TextTemplate(std::move(text), table, slots);
  // The tags are the same, in the same order.
  places_.resize(template_.cut_count(), HtmlPlace::other);
  std::size_t tag = 0;
  for (std::size_t i = 0; i < template_.cut_count(); ++i) {
    if (!template_.is_slot(i) && tag < places.size()) places_[i] = places[tag++];
  }
  if (neutral.tags.empty()) plain_ = TextTemplate();  // every copy has the same markup
}

/// Whether the markup of a copy is that of the template.
bool LinkedText::keeps_markup(const Expansion& expansion) const {
  return std::all_of(expansion.pieces.begin(), expansion.pieces.end(),
                     [&](const Expansion::Piece& piece) {
                       if (piece.fixed) return true;
                       std::string_view harmful = "<\"'";  // wherever it stands
                       if (piece.cut != Expansion::no_cut) {
                         if (places_[piece.cut] == HtmlPlace::text) harmful = "<";
                         if (places_[piece.cut] == HtmlPlace::double_quoted) harmful = "\"";
                         if (places_[piece.cut] == HtmlPlace::single_quoted) harmful = "'";
                       }
                       return piece.text.find_first_of(harmful) == std::string_view::npos;
                     });
}

Status LinkedText::expand(std::size_t index, std::size_t limit, CopyLinks& links,
                          Expansion& out) const {
  if (Status done = template_.expand(index, LineBreaks::crlf, limit, out); !done) return done;
  links.begin_text(link_type(kind_));
  const bool differs = has_links_ && !scans_ && plain_.has_tags() && !keeps_markup(out);
  if (differs) {
    if (Status done = plain_.expand(index, LineBreaks::crlf, limit, out); !done) return done;
  }
  fill(links, out);
  if (scans_ || differs) change_links(links, out);
  return ok();
}

/// Gives the pieces of slots their texts.
void LinkedText::fill(CopyLinks& links, Expansion& out) const {
  const auto set = [&](Expansion::Piece& piece, std::string text) {
    out.size += text.size();
    out.scratch.push_back(std::move(text));
    piece.text = out.scratch.back();
  };
  for (std::size_t i = 0; i < out.pieces.size(); ++i) {
    Expansion::Piece& piece = out.pieces[i];
    if (piece.slot == Expansion::no_slot) continue;
    const Slot slot = Slot::of_id(piece.slot);
    if (slot.kind == SlotKind::link_begin) {
      fill_link_with_tags(links_[slot.detail], links, i, out);
    } else if (slot.kind == SlotKind::click) {
      const TemplateLink& link = links_[slot.detail];
      std::string url, value;
      if (links.is_ours(link.url) || !links.append_link(url, link.url, link.exempt, link.universal))
        value = link.raw;
      else if (link.quote == 0)
        value = std::move(url);
      else
        append_attribute_value(value, url, link.quote);
      set(piece, std::move(value));
    } else if (slot.kind == SlotKind::group_links && has_group_slot(out)) {
      continue;
    } else if (slot.kind != SlotKind::link_end) {
      set(piece, slot_text(slot, links));
    }
  }
}

/// The pieces from the slot at `begin` to the slot of the link's end are its URL.
void LinkedText::fill_link_with_tags(const TemplateLink& link, CopyLinks& links, std::size_t begin,
                                     Expansion& out) const {
  std::size_t end = begin + 1;
  std::string raw;
  while (Slot::of_id(out.pieces[end].slot).kind != SlotKind::link_end ||
         out.pieces[end].slot == Expansion::no_slot) {
    raw += out.pieces[end++].text;
  }
  const std::string url = resolve_references(raw);
  if (url_scheme_size(url) == 0 || has_control(url) || links.is_ours(url)) return;
  std::string changed;
  if (!links.append_link(changed, url, link.exempt, link.universal)) return;
  std::string value;
  append_attribute_value(value, changed, link.quote);
  out.size += value.size();
  out.scratch.push_back(std::move(value));
  out.pieces[begin].text = out.scratch.back();
  for (std::size_t i = begin + 1; i < end; ++i) {
    out.size -= out.pieces[i].text.size();
    out.pieces[i] = {{}, Expansion::no_literal, true};
  }
}

/// Finds the links of the finished text.
void LinkedText::change_links(CopyLinks& links, Expansion& out) const {
  const std::string text = out.text();
  std::string changed;
  changed.reserve(text.size() + text.size() / 4);
  std::size_t done = 0;
  const auto keep_until = [&](std::size_t end) {
    changed.append(text, done, end - done);
    done = end;
  };
  std::string url;
  for (const FoundLink& link : links_in(text)) {
    if (links.is_ours(link.url)) continue;
    const auto cut = [&](std::size_t from, std::size_t to) {
      for (const auto& [begin, end] : link.cuts) {
        if (!links.rules().click || begin < from || begin >= to) continue;
        keep_until(begin);
        done = end;
      }
    };
    cut(0, link.begin);
    keep_until(link.begin);
    url.clear();
    if (links.append_link(url, link.url, link.exempt, link.universal)) {
      if (link.quote == 0)
        changed += url;
      else
        append_attribute_value(changed, url, link.quote);
      done = link.end;
    }
    cut(link.begin, SIZE_MAX);
  }
  keep_until(text.size());
  out.pieces.clear();
  out.scratch.clear();
  out.size = changed.size();
  out.scratch.push_back(std::move(changed));
  out.pieces.push_back({out.scratch.back()});
}

}  // namespace smtpapi
