// HTML by offsets (WHATWG tokenization, LIB-14): finds places, changes nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace smtpapi {

/// White space between attributes: no vertical tab.
inline bool is_html_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/// A start or end tag. `[begin, end)` is all of it, from "<" to behind ">".
struct HtmlTag {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;  ///< as it is spelled, a view of the source
  bool is_end = false;

  bool is(std::string_view lower_case_name) const;
};

/// One attribute of a tag. Offsets are into the source, quotes excluded.
struct HtmlAttribute {
  std::size_t begin = 0;   ///< of the name
  std::size_t end = 0;     ///< behind the value's closing quote, or the name when it has no value
  std::string_view name;   ///< as it is spelled
  std::string_view value;  ///< raw, character references not resolved; "" when it has none
  char quote = 0;          ///< '"', '\'', or 0: unquoted or no value
};

/// A stretch that is not character data.
struct HtmlToken {
  enum class Kind {
    tag,
    comment,      ///< "<!-- ... -->"
    declaration,  ///< "<!doctype ...>", "<?...>", "</ ...>", "<![endif]>", CDATA: up to the next
                  ///< ">"
    raw_text,     ///< the inside of a raw text element, if only to say that it is empty
    unfinished,   ///< from a "<" whose tag or comment the source ends within, to the end
  };
  Kind kind = Kind::tag;
  std::size_t begin = 0;
  std::size_t end = 0;
  HtmlTag tag;  ///< of a tag
};

/// The tags of a document in order: comments, declarations and the contents of raw text elements
/// (script with its escaped levels, style, title, textarea, xmp, iframe, noembed, noframes,
/// plaintext) are passed over. A tag that the source ends within is no tag. Linear.
class HtmlTokenizer {
 public:
  /// `html` must outlive this and what it hands out. Begins at `begin`; offsets are of `html`.
  explicit HtmlTokenizer(std::string_view html, std::size_t begin = 0) : html_(html), at_(begin) {}

  /// The next tag.
  std::optional<HtmlTag> next();
  /// The next token of any kind. What lies between two of them is character data.
  std::optional<HtmlToken> next_token();

 private:
  HtmlToken tag(std::size_t begin, std::size_t name, bool is_end);
  HtmlToken declaration(std::size_t begin) const;
  std::size_t end_of_comment(std::size_t begin) const;
  std::size_t end_of_tag(std::size_t at) const;
  std::optional<std::size_t> end_of_raw_text(const HtmlTag& tag) const;
  std::size_t end_of_script() const;

  std::string_view html_;
  std::size_t at_;
  std::optional<std::size_t> raw_text_end_;  ///< while in a raw text element
};

/// The attributes of a tag in order, duplicates included: the first of two equal names counts.
/// `html` is what the tag was found in, and must outlive this.
class HtmlAttributes {
 public:
  HtmlAttributes(std::string_view html, const HtmlTag& tag);

  std::optional<HtmlAttribute> next();

 private:
  std::string_view html_;  ///< up to the tag's ">"
  std::size_t at_;
};

/// Where something is put at the bottom of a document (MIME-6): before the last `</body>` tag, else
/// before the last `</html>` tag, else at the end. Never fails; linear.
std::size_t bottom_of_html(std::string_view html);

/// The inside of `<body>` when `html` is a whole document, else all of it (TPL-5, LTPL-2): from
/// behind the first `<body ...>` tag to the last `</body>`, else the last `</html>`, else the end.
/// A document without a body tag but with a head starts behind `</head>`, or behind `<html>`.
std::string_view inside_of_body(std::string_view html);

}  // namespace smtpapi
