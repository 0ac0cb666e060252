#include "mail/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/owned.h"
#include "base/text.h"

namespace smtpapi {
namespace {

enum class Shape {
  ascii,   ///< octets below 128 are ASCII, wherever no other character has begun
  escape,  ///< ASCII octets may mean something else: ISO-2022, UTF-7, VISCII
  utf8,
  utf16,  ///< units of two octets
};

struct Charset {
  std::string_view name;  ///< lower case
  const char* decoder;    ///< what iconv is asked for, read generously (LIB-12)
  const char* encoder;    ///< and written as narrowly as the name promises
  Shape shape = Shape::ascii;
};

// Sorted by name. Only what occurs in mail: glibc knows a thousand more names, and had its security
// holes in the odd ones among them (LIB-12).
constexpr auto charsets = std::to_array<Charset>({
    {"ansi_x3.4-1968", "CP1252", "US-ASCII"},
    {"ascii", "CP1252", "US-ASCII"},
    {"big5", "BIG5-HKSCS", "BIG5"},
    {"big5-hkscs", "BIG5-HKSCS", "BIG5-HKSCS"},
    {"cn-big5", "BIG5-HKSCS", "BIG5"},
    {"cn-gb", "GB18030", "GBK"},
    {"cp-1252", "CP1252", "CP1252"},
    {"cp1250", "CP1250", "CP1250"},
    {"cp1251", "CP1251", "CP1251"},
    {"cp1252", "CP1252", "CP1252"},
    {"cp1253", "CP1253", "CP1253"},
    {"cp1254", "CP1254", "CP1254"},
    {"cp1255", "CP1255", "CP1255"},
    {"cp1256", "CP1256", "CP1256"},
    {"cp1257", "CP1257", "CP1257"},
    {"cp1258", "CP1258", "CP1258"},
    {"cp437", "CP437", "CP437"},
    {"cp850", "CP850", "CP850"},
    {"cp852", "CP852", "CP852"},
    {"cp855", "CP855", "CP855"},
    {"cp858", "CP858", "CP858"},
    {"cp866", "CP866", "CP866"},
    {"cp874", "CP874", "CP874"},
    {"cp932", "CP932", "CP932"},
    {"cp936", "GB18030", "GBK"},
    {"cp949", "CP949", "CP949"},
    {"cp950", "BIG5-HKSCS", "BIG5"},
    {"csisolatin1", "CP1252", "ISO-8859-1"},
    {"euc-cn", "GB18030", "GBK"},
    {"euc-jp", "EUC-JP-MS", "EUC-JP-MS"},
    {"euc-kr", "CP949", "CP949"},
    {"euc-tw", "EUC-TW", "EUC-TW"},
    {"gb18030", "GB18030", "GB18030"},
    {"gb2312", "GB18030", "GBK"},
    {"gb_2312-80", "GB18030", "GBK"},
    {"gbk", "GB18030", "GBK"},
    {"ibm437", "CP437", "CP437"},
    {"ibm850", "CP850", "CP850"},
    {"ibm852", "CP852", "CP852"},
    {"ibm855", "CP855", "CP855"},
    {"ibm858", "CP858", "CP858"},
    {"ibm866", "CP866", "CP866"},
    {"iso-2022-jp", "ISO-2022-JP", "ISO-2022-JP", Shape::escape},
    {"iso-2022-kr", "ISO-2022-KR", "ISO-2022-KR", Shape::escape},
    {"iso-8859-1", "CP1252", "ISO-8859-1"},
    {"iso-8859-10", "ISO-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "ISO-8859-11", "ISO-8859-11"},
    {"iso-8859-13", "ISO-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16", "ISO-8859-16"},
    {"iso-8859-2", "ISO-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8", "ISO-8859-8"},
    {"iso-8859-9", "ISO-8859-9", "ISO-8859-9"},
    {"iso8859-1", "CP1252", "ISO-8859-1"},
    {"iso8859-15", "ISO-8859-15", "ISO-8859-15"},
    {"iso8859-2", "ISO-8859-2", "ISO-8859-2"},
    {"iso_8859-1", "CP1252", "ISO-8859-1"},
    {"iso_8859-15", "ISO-8859-15", "ISO-8859-15"},
    {"iso_8859-1:1987", "CP1252", "ISO-8859-1"},
    {"iso_8859-2", "ISO-8859-2", "ISO-8859-2"},
    {"koi8-r", "KOI8-R", "KOI8-R"},
    {"koi8-ru", "KOI8-U", "KOI8-U"},
    {"koi8-u", "KOI8-U", "KOI8-U"},
    {"ks_c_5601-1987", "CP949", "CP949"},
    {"latin1", "CP1252", "ISO-8859-1"},
    {"latin2", "ISO-8859-2", "ISO-8859-2"},
    {"macintosh", "MACINTOSH", "MACINTOSH"},
    {"ms932", "CP932", "CP932"},
    {"ms_kanji", "CP932", "CP932"},
    {"shift-jis", "CP932", "CP932"},
    {"shift_jis", "CP932", "CP932"},
    {"sjis", "CP932", "CP932"},
    {"tis-620", "CP874", "TIS-620"},
    {"unicode-1-1-utf-7", "UTF-7", "UTF-7", Shape::escape},
    {"unicode-1-1-utf-8", "UTF-8", "UTF-8", Shape::utf8},
    {"us-ascii", "CP1252", "US-ASCII"},
    {"utf-16", "UTF-16", "UTF-16", Shape::utf16},
    {"utf-16be", "UTF-16BE", "UTF-16BE", Shape::utf16},
    {"utf-16le", "UTF-16LE", "UTF-16LE", Shape::utf16},
    {"utf-7", "UTF-7", "UTF-7", Shape::escape},
    {"utf-8", "UTF-8", "UTF-8", Shape::utf8},
    {"utf8", "UTF-8", "UTF-8", Shape::utf8},
    {"viscii", "VISCII", "VISCII", Shape::escape},
    {"windows-1250", "CP1250", "CP1250"},
    {"windows-1251", "CP1251", "CP1251"},
    {"windows-1252", "CP1252", "CP1252"},
    {"windows-1253", "CP1253", "CP1253"},
    {"windows-1254", "CP1254", "CP1254"},
    {"windows-1255", "CP1255", "CP1255"},
    {"windows-1256", "CP1256", "CP1256"},
    {"windows-1257", "CP1257", "CP1257"},
    {"windows-1258", "CP1258", "CP1258"},
    {"windows-31j", "CP932", "CP932"},
    {"windows-874", "CP874", "CP874"},
    {"windows-936", "GB18030", "GBK"},
    {"windows-949", "CP949", "CP949"},
    {"x-big5", "BIG5-HKSCS", "BIG5"},
    {"x-cp1250", "CP1250", "CP1250"},
    {"x-cp1251", "CP1251", "CP1251"},
    {"x-cp1252", "CP1252", "CP1252"},
    {"x-euc-jp", "EUC-JP-MS", "EUC-JP-MS"},
    {"x-gbk", "GB18030", "GBK"},
    {"x-mac-cyrillic", "MAC-CYRILLIC", "MAC-CYRILLIC"},
    {"x-mac-roman", "MACINTOSH", "MACINTOSH"},
    {"x-sjis", "CP932", "CP932"},
    {"x-windows-949", "CP949", "CP949"},
});
static_assert(std::ranges::is_sorted(charsets, {}, &Charset::name));

constexpr std::size_t longest_name =
    std::ranges::max(charsets, {}, [](const Charset& c) { return c.name.size(); }).name.size();
constexpr std::string_view substitute = "\xEF\xBF\xBD";  // U+FFFD

/// Null when we do not convert it.
const Charset* find_charset(std::string_view name) {
  if (name.size() > longest_name) return nullptr;
  const std::string wanted = to_lower(name);
  const auto found = std::ranges::lower_bound(charsets, wanted, {}, &Charset::name);
  return found != charsets.end() && found->name == wanted ? &*found : nullptr;
}

using Descriptor = Owned<void, iconv_close>;

/// Null when this system lacks the conversion (glibc-gconv-extra is a package of its own on some).
Descriptor open(const char* to, const char* from) {
  const iconv_t made = iconv_open(to, from);
  return Descriptor(made == reinterpret_cast<iconv_t>(-1) ? nullptr : made);
}

/// Converts from the start of `octets` until something is no text; what was converted is taken off
/// `octets`. True when all of it was.
bool convert_some(const Descriptor& descriptor, std::string_view& octets, std::string& out) {
  std::array<char, 4096> buffer;
  for (;;) {
    const bool at_end = octets.empty();
    char* to = buffer.data();
    std::size_t room = buffer.size();
    char* from = const_cast<char*>(octets.data());  // iconv only reads it
    std::size_t left = octets.size();
    // The call without input writes what iconv still holds back: the last escape of ISO-2022, a
    // base letter that waited for its accent (LIB-11).
    const std::size_t done =
        iconv(descriptor.get(), at_end ? nullptr : &from, at_end ? nullptr : &left, &to, &room);
    const bool stopped = done == static_cast<std::size_t>(-1) && errno != E2BIG;
    out.append(buffer.data(), buffer.size() - room);
    octets.remove_prefix(octets.size() - left);
    if (stopped) return false;
    if (at_end) return true;
  }
}

/// `octets` as UTF-8, one U+FFFD for each unit that is no text; `substitutes` counts them.
std::optional<std::string> decode(std::string_view octets, const Charset& charset,
                                  std::size_t& substitutes) {
  std::string out;
  if (charset.shape == Shape::ascii && is_ascii(octets)) return std::string(octets);
  if (charset.shape == Shape::utf8) {
    while (const auto bad = find_invalid_utf8(octets)) {
      out.append(octets.substr(0, *bad)).append(substitute);
      octets.remove_prefix(*bad + 1);
      ++substitutes;
    }
    return out.append(octets);
  }

  const Descriptor descriptor = open("UTF-8", charset.decoder);
  if (!descriptor) return std::nullopt;
  const std::size_t unit = charset.shape == Shape::utf16 ? 2 : 1;
  out.reserve(octets.size() + octets.size() / 2);
  while (!convert_some(descriptor, octets, out)) {
    octets.remove_prefix(std::min(unit, octets.size()));
    out += substitute;
    ++substitutes;
  }
  return out;
}

}  // namespace

std::optional<std::string> known_charset(std::string_view name) {
  const Charset* const charset = find_charset(name);
  if (!charset) return std::nullopt;
  return charset->decoder;
}

std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset) {
  const Charset* const known = find_charset(charset);
  std::size_t substitutes = 0;
  return known ? decode(octets, *known, substitutes) : std::nullopt;
}

bool is_valid_in(std::string_view octets, std::string_view charset) {
  const Charset* const known = find_charset(charset);
  if (!known) return false;
  if (known->shape == Shape::utf8) return is_utf8(octets);
  std::size_t substitutes = 0;
  return decode(octets, *known, substitutes) && substitutes == 0;
}

std::optional<std::string> from_utf8(std::string_view text, std::string_view charset) {
  const Charset* const known = find_charset(charset);
  if (!known || !is_utf8(text)) return std::nullopt;
  if (known->shape == Shape::utf8) return std::string(text);
  if (known->shape == Shape::ascii && is_ascii(text)) return std::string(text);

  const Descriptor descriptor = open(known->encoder, "UTF-8");
  if (!descriptor) return std::nullopt;
  std::string out;
  std::string_view rest = text;
  if (!convert_some(descriptor, rest, out)) return std::nullopt;

  // glibc drops U+E0000 to U+E007F and writes some characters as look-alikes (the yen sign becomes
  // a backslash in CP932) without a word: what does not come back has no place in the charset.
  std::size_t substitutes = 0;
  if (decode(out, *known, substitutes) != text) return std::nullopt;
  return out;
}

std::string_view guess_charset(std::string_view octets) {
  return is_utf8(octets) ? "utf-8" : "windows-1252";
}

}  // namespace smtpapi
