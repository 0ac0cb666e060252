// A page with names in it, cut once.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace smtpapi {

/// What stands for the names of a page: texts, and lists whose part of the page is repeated for
/// each entry. A condition is a list of one entry or none.
struct PageValues {
  std::map<std::string, std::string, std::less<>> texts;
  std::map<std::string, std::vector<PageValues>, std::less<>> lists;
};

/// `{{name}}` is a text, always escaped for HTML; `{{#name}} ... {{/name}}` is repeated for each
/// entry of a list, whose names come before those around it; `{{>file}}` takes a file in as it is.
/// Immutable.
class PageTemplate {
 public:
  using ReadFile = std::function<Result<std::string>(std::string_view name)>;

  /// `names`: those that the page may use, `needed`: those that it must. Errors: invalid, with the
  /// line: "7: unknown name 'x'".
  static Result<PageTemplate> compile(std::string_view text,
                                      std::span<const std::string_view> names,
                                      std::span<const std::string_view> needed,
                                      const ReadFile& read);

  /// A name without a value is empty.
  std::string render(const PageValues& values) const;

 private:
  enum class Kind { literal, text, list };
  struct Piece {
    Kind kind = Kind::literal;
    std::string text;  ///< or name
    std::vector<Piece> inner;
  };
  struct Cutter;
  static void append(std::string& out, const std::vector<Piece>& pieces,
                     std::vector<const PageValues*>& scopes);

  std::vector<Piece> pieces_;
};

/// `& < > " '` as character references.
void append_html(std::string& out, std::string_view text);

}  // namespace smtpapi
