// HTML by offsets (WHATWG tokenization, LIB-14): finds places, changes nothing.
#pragma once

#include <cstddef>
#include <string_view>

namespace smtpapi {

/// Where something is put at the bottom of a document (MIME-6): before the last `</body>` tag, else
/// before the last `</html>` tag, else at the end. Tags inside comments, scripts, styles and other
/// raw text do not count. Never fails; linear.
std::size_t bottom_of_html(std::string_view html);

/// The inside of `<body>` when `html` is a whole document, else all of it (TPL-5, LTPL-2): from
/// behind the first `<body ...>` tag to the last `</body>`, else the last `</html>`, else the end.
/// A document without a body tag but with a head starts behind `</head>`.
std::string_view inside_of_body(std::string_view html);

}  // namespace smtpapi
