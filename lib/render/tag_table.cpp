#include "render/tag_table.h"

#include <algorithm>

#include "mail/message.h"

namespace smtpapi {
namespace {

bool has_line_break(std::string_view text) {
  return text.find_first_of("\r\n") != std::string_view::npos;
}

// `sub` entries come first, so that they win over equal `section` tags (SUB-11).
std::vector<std::string_view> all_tags(const Document& document,
                                       const std::vector<SlotTag>& slots) {
  std::vector<std::string_view> tags;
  tags.reserve(document.sub.size() + document.section.size());
  for (const Substitution& sub : document.sub) tags.push_back(sub.tag);
  for (const auto& [tag, text] : document.section) tags.push_back(tag);
  for (const SlotTag& slot : slots) tags.push_back(slot.tag);
  return tags;
}

}  // namespace

TagTable::TagTable(std::shared_ptr<const Document> document, std::vector<SlotTag> slots)
    : document_(std::move(document)),
      slots_(std::move(slots)),
      matcher_(all_tags(*document_, slots_)) {
  const auto& [sub, section] = std::tie(document_->sub, document_->section);
  with_crlf_.resize(sub.size() + section.size());
  for (std::size_t i = 0; i < sub.size(); ++i) {
    longest_tag_ = std::max(longest_tag_, sub[i].tag.size());
    if (std::none_of(sub[i].values.begin(), sub[i].values.end(), has_line_break)) continue;
    for (const std::string& value : sub[i].values) with_crlf_[i].push_back(to_crlf(value));
  }
  for (std::size_t i = 0; i < section.size(); ++i) {
    longest_tag_ = std::max(longest_tag_, section[i].first.size());
    if (has_line_break(section[i].second)) {
      with_crlf_[sub.size() + i].push_back(to_crlf(section[i].second));
    }
  }
  for (const SlotTag& slot : slots_) longest_tag_ = std::max(longest_tag_, slot.tag.size());
}

std::string_view TagTable::value(Matcher::Tag tag, std::size_t index, LineBreaks breaks) const {
  const bool is_sub = tag < document_->sub.size();
  if (breaks == LineBreaks::crlf && !with_crlf_[tag].empty()) {
    const std::vector<std::string>& values = with_crlf_[tag];
    if (!is_sub || document_->sub[tag].for_everyone) index = 0;
    return index < values.size() ? std::string_view(values[index]) : std::string_view();
  }
  if (is_sub) return document_->sub[tag].value(index);
  return document_->section[tag - document_->sub.size()].second;
}

bool TagTable::is_uniform(std::size_t rows) const {
  return std::all_of(document_->sub.begin(), document_->sub.end(), [rows](const Substitution& sub) {
    for (std::size_t i = 1; i < rows; ++i) {
      if (sub.value(i) != sub.value(0)) return false;
    }
    return true;
  });
}

}  // namespace smtpapi
