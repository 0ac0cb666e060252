// Header fields whose text may hold tags: Subject, Reply-To and List-Unsubscribe (SUB-9).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "render/text_template.h"

namespace smtpapi {

/// Immutable, so threads may share it.
class FieldTemplate {
 public:
  /// Nothing when a field of that name is never substituted or `value` holds no tag. `value` is
  /// raw: leading blank, folds.
  static std::optional<FieldTemplate> cut(std::string_view name, std::string_view value,
                                          const TagTable& table);

  const TextTemplate& text() const { return template_; }

  /// The new value with its leading blank and CRLF folds, RFC 2047 encoded where it must be
  /// (SUB-13); nothing when no text is left, and the field goes. A Reply-To that is no list of
  /// addresses any more is written as text: no tag stays (SUB-3). Line breaks in what was inserted
  /// are one space (SUB-10). Errors: as TextTemplate::expand.
  Result<std::optional<std::string>> render(std::size_t index, std::size_t limit,
                                            Expansion& scratch) const;

 private:
  enum class Kind { unstructured, mailboxes, urls };
  Kind kind_ = Kind::unstructured;
  std::size_t indent_ = 0;  ///< columns of name and colon
  TextTemplate template_;
};

}  // namespace smtpapi
