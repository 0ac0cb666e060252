#include "render/matcher.h"

#include <algorithm>
#include <numeric>

namespace smtpapi {

Matcher::Matcher(const std::vector<std::string_view>& tags) {
  std::vector<Tag> order(tags.size());
  std::iota(order.begin(), order.end(), Tag{0});
  std::stable_sort(order.begin(), order.end(), [&](Tag a, Tag b) { return tags[a] < tags[b]; });
  std::erase_if(order, [&](Tag tag) { return tags[tag].empty(); });

  // A node stands for the sorted tags [begin, end), which share their first `depth` octets.
  struct Range {
    std::size_t begin, end;
  };
  std::vector<Range> ranges = {{0, order.size()}};
  nodes_.emplace_back();
  for (State state = 0; state < nodes_.size(); ++state) {
    auto [begin, end] = ranges[state];
    const std::size_t depth = nodes_[state].depth;
    if (depth > 0 && begin < end && tags[order[begin]].size() == depth) {
      nodes_[state].longest = order[begin];
      nodes_[state].length = static_cast<std::uint32_t>(depth);
      while (begin < end && tags[order[begin]].size() == depth) ++begin;
    }
    nodes_[state].first_child = static_cast<State>(nodes_.size());
    while (begin < end) {
      const char label = tags[order[begin]][depth];
      std::size_t same = begin;
      while (same < end && tags[order[same]][depth] == label) ++same;
      Node node;
      node.label = static_cast<unsigned char>(label);
      node.depth = static_cast<std::uint32_t>(depth + 1);
      // The fallbacks of all shallower nodes are known, because nodes are made breadth first.
      node.fallback = state == start ? start : next(nodes_[state].fallback, label);
      nodes_.push_back(node);
      ranges.push_back({begin, same});
      ++nodes_[state].children;
      if (state == start) from_root_[node.label] = static_cast<State>(nodes_.size() - 1);
      begin = same;
    }
    if (nodes_[state].longest == no_tag) {
      nodes_[state].longest = nodes_[nodes_[state].fallback].longest;
      nodes_[state].length = nodes_[nodes_[state].fallback].length;
    }
  }
  nodes_.shrink_to_fit();
}

Matcher::State Matcher::child(State state, unsigned char label) const {
  const Node& node = nodes_[state];
  const auto begin = nodes_.begin() + node.first_child;
  const auto end = begin + node.children;
  const auto found = std::lower_bound(
      begin, end, label, [](const Node& n, unsigned char wanted) { return n.label < wanted; });
  return found != end && found->label == label ? static_cast<State>(found - nodes_.begin()) : start;
}

Matcher::State Matcher::next(State state, char octet) const {
  const auto label = static_cast<unsigned char>(octet);
  for (; state != start; state = nodes_[state].fallback) {
    if (const State deeper = child(state, label); deeper != start) return deeper;
  }
  return from_root_[label];
}

Matcher::State Matcher::run(State state, std::string_view text) const {
  for (const char octet : text) state = next(state, octet);
  return state;
}

std::optional<Matcher::Match> Matcher::find(std::string_view text, std::size_t from) const {
  if (empty()) return std::nullopt;
  std::optional<Match> best;
  State state = start;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (state == start) {
      while (i < text.size() && from_root_[static_cast<unsigned char>(text[i])] == start) ++i;
      if (i == text.size()) break;
    }
    state = next(state, text[i]);
    const Node& node = nodes_[state];
    if (node.longest != no_tag) {
      const Match match{i + 1 - node.length, i + 1, node.longest};
      if (!best || match.begin <= best->begin) best = match;
    }
    // What is being matched begins behind the best match: nothing better can come.
    if (best && i + 1 - node.depth > best->begin) break;
  }
  return best;
}

}  // namespace smtpapi
