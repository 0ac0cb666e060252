// The text of a body with what is made for each copy: tracked links, unsubscribe links, the pixel
// (PIPE-3, steps 9 to 12).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "filter/copy_links.h"
#include "filter/filter.h"
#include "mail/html_places.h"
#include "mail/links.h"
#include "render/text_template.h"

namespace smtpapi {

/// Links are found once, in the text with its tags. That holds for a copy as long as what is
/// inserted cannot change where markup begins and ends; for a copy where it could, the links are
/// found anew in its finished text. Immutable, so threads may share it.
class LinkedText {
 public:
  /// `table` must outlive this. Its slot tags have Slot::id()s.
  LinkedText(BodyText body, const LinkRules& rules, const TagTable& table);

  /// The text with its places for links; its literals are those of expand().
  const TextTemplate& text() const { return template_; }
  /// Copies may hold links of their own.
  bool has_slots() const {
    return template_.has_slots() || ((has_links_ || tags_may_be_slots_) && template_.has_tags());
  }

  /// As TextTemplate::expand, with the slots filled by `links`.
  Status expand(std::size_t index, std::size_t limit, CopyLinks& links, Expansion& out) const;

 private:
  /// A link of the template's text.
  struct TemplateLink {
    std::string raw;  ///< as it stands in the source
    std::string url;
    char quote = 0;
    bool exempt = false;
    bool universal = false;
  };
  struct Neutral;

  void find_links(const BodyText& body, const LinkRules& rules, const TagTable& table);
  bool keeps_markup(const Expansion& expansion) const;
  void fill(CopyLinks& links, Expansion& out) const;
  void fill_link_with_tags(const TemplateLink& link, CopyLinks& links, std::size_t begin,
                           Expansion& out) const;
  std::string slot_text(Slot slot, CopyLinks& links) const;
  void change_links(CopyLinks& links, Expansion& out) const;
  std::vector<FoundLink> links_in(std::string_view text) const;

  TextKind kind_ = TextKind::plain;
  TextTemplate template_;  ///< with slots for links, unless they are found in each copy
  TextTemplate plain_;     ///< without, for copies whose markup differs; empty if there can be none
  bool has_links_ = false;           ///< links are to be changed
  bool tags_may_be_slots_ = false;   ///< a substitution may bring one
  bool scans_ = false;               ///< always in the finished text
  std::vector<TemplateLink> links_;  ///< by the detail of their slots
  std::vector<HtmlPlace> places_;    ///< by cut of template_: where its tag stands
  std::vector<std::string> fixed_;
};

}  // namespace smtpapi
