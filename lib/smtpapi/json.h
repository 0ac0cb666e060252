// JSON (RFC 8259) read where it stands: every value knows its octets, nothing is copied before it
// is asked for.
//
// Our own reader, because remarks need the offset of each value, numbers keep their text (SUB-6),
// and clients' slips inside strings are mended (HDR-7, HDR-12) while everything else is strict.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi::json {

enum class Kind { null, boolean, number, string, array, object };
/// "a number", "an object": for remarks.
std::string_view describe(Kind kind);

/// A value inside a text that read() found well-formed. The text must outlive it. Made by this
/// file only; cheap to copy.
class Value {
 public:
  Value() = default;  ///< null, at offset 0
  Kind kind() const;
  bool is(Kind k) const { return kind() == k; }
  std::size_t offset() const { return begin_; }  ///< of its first octet in the text
  /// As written: numbers keep their text, strings their quotes and escapes.
  std::string_view literal() const { return source_.substr(begin_, end_ - begin_); }
  /// A string with its escapes undone, valid UTF-8 if the text is: half a surrogate pair and
  /// \u0000 are U+FFFD, raw control characters are spaces. Of any other value the literal.
  std::string text() const;

 private:
  friend class Items;
  friend class Checker;
  Value(std::string_view source, std::size_t begin, std::size_t end)
      : source_(source), begin_(begin), end_(end) {}
  std::string_view source_ = "null";
  std::size_t begin_ = 0;
  std::size_t end_ = 4;
};

/// The values directly inside an array, in order; of an object its keys and values in turn.
/// for (const Value& value : Items(array)) ... Anything else has none.
class Items {
 public:
  explicit Items(const Value& container);
  bool empty() const { return done_; }

  Items begin() const { return *this; }
  std::default_sentinel_t end() const { return {}; }
  const Value& operator*() const { return value_; }
  Items& operator++();
  bool operator==(std::default_sentinel_t) const { return done_; }

 private:
  Value value_;
  std::size_t at_ = 0;   ///< behind value_
  std::size_t end_ = 0;  ///< of the container
  bool done_ = true;
};

struct Member {
  std::string key;
  std::size_t key_offset = 0;
  Value value;
  bool repeated = false;  ///< the key stood further up too; that value does not count
};
/// Of an object, in the order of the text; of equal keys the last counts (HDR-12). Of anything else
/// none. Time is n log n in the number of members.
std::vector<Member> members(const Value& object);

/// Why a text is not JSON: one clause, without line and column.
struct SyntaxError {
  std::size_t offset = 0;
  std::string text;
  bool at_end = false;  ///< the text ends too early
};

/// Something in strings that was mended: where first, and how often.
struct Mended {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// What read() makes of a text.
struct Reading {
  /// The whole value. With an error: the outermost object with the members that were complete
  /// before it, if there was an object.
  std::optional<Value> value;
  std::optional<SyntaxError> error;
  Mended half_pairs;  ///< surrogates without their partner
  Mended nuls;        ///< \u0000
  Mended controls;    ///< raw control characters
};

/// Values nested deeper than this are an error.
constexpr std::size_t max_depth = 100;

/// `text` should be UTF-8; octets above 0x7F inside strings are taken as they are. Linear, never
/// throws but for lack of memory; allocates nothing unless there is an error.
Reading read(std::string_view text);

/// Appends `text` as a JSON string with the fewest escapes; UTF-8 stays as it is.
void append_string(std::string& out, std::string_view text);
/// Appends `value` without white space between its tokens, strings as append_string writes them.
void append_compact(std::string& out, const Value& value);

}  // namespace smtpapi::json
