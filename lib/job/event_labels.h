// What a submission's header adds to the events of its copies: categories, unique arguments, group
// and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "render/tag_table.h"
#include "render/text_template.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// Immutable, so threads may share it. Needs the header alone, not the message, so it serves for
/// submissions whose message is purged.
class EventLabels {
 public:
  /// `header` as Submission::header; what is wrong with it is left out. Never fails.
  static std::shared_ptr<const EventLabels> read(std::string_view header, Time received);

  const std::vector<std::string>& categories() const { return document_->category; }
  bool category_is_array() const { return document_->category_is_array; }  ///< CAT-6
  std::optional<std::int64_t> group() const { return document_->asm_group_id; }
  /// Unix seconds when the copy in row `index` was to be sent; 0: at once.
  std::int64_t send_at(std::size_t index) const;
  /// Of the copy in row `index`, substituted (UA-3).
  std::vector<TextPair> unique_args(std::size_t index) const;

  std::size_t weight() const { return weight_; }  ///< octets in memory, roughly

 private:
  EventLabels(std::shared_ptr<const Document> document, std::size_t weight);

  std::shared_ptr<const Document> document_;
  TagTable tags_;
  std::vector<std::pair<std::string, TextTemplate>> unique_args_;
  std::size_t weight_;
};

}  // namespace smtpapi
