// The pages that people see, in their language.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "job/page_template.h"

namespace smtpapi {

enum class PageName : std::size_t {
  unsubscribe,   ///< the button
  unsubscribed,  ///< it is done; a button to take it back
  resubscribed,  ///< it is taken back
  preferences,   ///< the groups
  not_found,     ///< 404
  unavailable,   ///< 503
};
inline constexpr std::size_t page_count = 6;

/// What `name` names in a folder of pages: "unsubscribe.html" ...
std::string_view file_of(PageName name);

/// Immutable.
class Pages {
 public:
  /// The pages of FOLDER/LANGUAGE/*.html for each such folder; `{{>style.css}}` in one is
  /// FOLDER/style.css. A page that is missing there, or the whole folder, is the one that the
  /// program was built with, in that language or in English. Errors: invalid: all mistakes, each
  /// on a line of its own with file and line; unavailable: a file cannot be read.
  static Result<Pages> load(const std::string& folder);

  /// `accept_language` as browsers send it (RFC 9110 section 12.5.4). English if none fits.
  std::string render(PageName name, std::string_view accept_language,
                     const PageValues& values) const;

  /// The language of ours that fits best: "de" for "de-AT,de;q=0.9,en;q=0.5".
  std::string_view choose(std::string_view accept_language) const;

 private:
  using Language = std::vector<PageTemplate>;  ///< by PageName
  std::map<std::string, Language, std::less<>> languages_;
};

/// A file of etc/pages as the program was built with it.
struct BuiltInPage {
  std::string_view path, text;
};
const std::vector<BuiltInPage>& built_in_pages();

}  // namespace smtpapi
