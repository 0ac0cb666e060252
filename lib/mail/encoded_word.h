// RFC 2047: text in header fields that is not ASCII.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smtpapi {

/// UTF-8 text with every encoded word decoded, wherever it stands (WordScanner says what counts as
/// one). White space between two encoded words is dropped; neighbours of one charset are joined
/// before converting, because senders split characters (LIB-10). A word that is broken or whose
/// charset is unknown stands as it is. Raw octets that are not UTF-8 are read as windows-1252. The
/// result may hold line breaks and other control characters: a word can hide them.
std::string decode_encoded_words(std::string_view text);

/// True if `text` holds something that decode_encoded_words would decode.
bool has_encoded_word(std::string_view text);

/// `text` (UTF-8) as an unstructured field value. ASCII text that does not look like an encoded
/// word, and that folding at blanks can keep within the 998 octets of a line, is folded and
/// otherwise unchanged; else UTF-8 encoded words of at most 75 characters, never splitting a
/// character, folded with CRLF and a blank. `indent`: columns already taken on the first line; the
/// value begins with a fold when nothing fits there. Line breaks and control characters in `text`
/// become one space each run: the result can never start a new field.
std::string encode_unstructured(std::string_view text, std::size_t indent);

/// `text` as a phrase (a display name): a plain atom sequence, a quoted string, or encoded words
/// (RFC 2047 section 5 rule 3). Encoded words that stand in `text` are kept (TO-5) if they are
/// legal in a phrase and hide no control characters; if one is not, all are decoded and written
/// anew. Blanks at both ends go; "" gives "".
std::string encode_phrase(std::string_view text, std::size_t indent);

}  // namespace smtpapi
