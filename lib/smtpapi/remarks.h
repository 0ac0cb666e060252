// Problems and warnings while they are gathered: by offset, and never without bound.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "smtpapi/document.h"

namespace smtpapi {

class Remarks {
 public:
  /// What a client sent a thousand times wrong is not told a thousand times.
  static constexpr std::size_t most = 100;

  /// `offset` into the text that is being read.
  template <class... Args>
  void add(std::size_t offset, fmt::format_string<Args...> format, Args&&... args) {
    if (gathered_.size() == most) {
      ++surplus_;
    } else {
      gathered_.push_back({offset, fmt::format(format, std::forward<Args>(args)...)});
    }
  }

  /// In the order of the text. `place(offset)` gives the Place; a last remark counts those beyond
  /// `most`.
  template <class PlaceOf>
  std::vector<Remark> in_order(PlaceOf place) && {
    sort();
    std::vector<Remark> out;
    out.reserve(gathered_.size() + 1);
    for (Gathered& remark : gathered_)
      out.push_back({place(remark.offset), std::move(remark.text)});
    if (surplus_ > 0) out.push_back({{}, fmt::format("and {} more like these", surplus_)});
    return out;
  }

 private:
  struct Gathered {
    std::size_t offset;
    std::string text;
  };
  void sort();

  std::vector<Gathered> gathered_;
  std::size_t surplus_ = 0;
};

struct Findings {
  Remarks problems;
  Remarks warnings;
};

/// Client data inside a remark: in double quotes, fit for a log line. An object, because a function
/// would compete with std::quoted whenever the argument is a string of std.
inline constexpr auto quoted = [](std::string_view text) -> std::string {
  return '"' + printable(text, 60) + '"';
};

}  // namespace smtpapi
