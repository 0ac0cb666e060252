// Finds substitution tags: all of them in one pass over a text (Aho and Corasick, 1975).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi {

/// Immutable, so threads may share it. Tags are literal octets (SUB-7). Space is proportional to
/// the tags' total length, time to the text's, whatever the tags are.
class Matcher {
 public:
  using Tag = std::uint32_t;  ///< index into the vector given to the constructor
  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    Tag tag = 0;
  };

  Matcher() : Matcher(std::vector<std::string_view>{}) {}
  /// Empty tags never match. Of equal tags the first counts.
  explicit Matcher(const std::vector<std::string_view>& tags);

  bool empty() const { return nodes_.size() == 1; }

  /// The leftmost match at or after `from`; of those that begin there the longest (SUB-11).
  std::optional<Match> find(std::string_view text, std::size_t from = 0) const;

  // --- octet by octet, to ask whether a text put together from pieces holds a tag at its seams ---

  using State = std::uint32_t;
  static constexpr State start = 0;
  State next(State state, char octet) const;
  /// How many of the octets read last could still begin a tag.
  std::size_t depth(State state) const { return nodes_[state].depth; }
  /// Some tag ends at the octet read last.
  bool is_match(State state) const { return nodes_[state].longest != no_tag; }
  State run(State state, std::string_view text) const;

 private:
  static constexpr Tag no_tag = UINT32_MAX;
  struct Node {
    State first_child = 0;  ///< children are neighbours, ordered by label
    std::uint16_t children = 0;
    unsigned char label = 0;
    State fallback = start;  ///< longest proper suffix that is a node
    std::uint32_t depth = 0;
    Tag longest = no_tag;      ///< longest tag that ends here
    std::uint32_t length = 0;  ///< of that tag
  };
  State child(State state, unsigned char label) const;

  std::vector<Node> nodes_;             ///< breadth first; 0 is the root
  std::array<State, 256> from_root_{};  ///< 0: no tag begins with that octet
};

}  // namespace smtpapi
