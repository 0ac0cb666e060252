#include "job/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <span>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::string_view fallback = "en";

struct PageRule {
  std::string_view file;
  std::vector<std::string_view> names;   ///< what it may show
  std::vector<std::string_view> needed;  ///< what it is useless without
};

const std::array<PageRule, page_count>& rules() {
  static const std::array<PageRule, page_count> table = {{
      {"unsubscribe.html", {"address", "in_group", "group", "from_all"}, {}},
      {"unsubscribed.html", {"address", "in_group", "group", "from_all"}, {}},
      {"resubscribed.html", {"address", "in_group", "group", "from_all"}, {}},
      {"preferences.html",
       {"address", "groups", "id", "group", "description", "checked", "saved", "left_all",
        "not_left_all"},
       {"groups", "id", "checked", "left_all", "not_left_all"}},
      {"not-found.html", {}, {}},
      {"unavailable.html", {}, {}},
  }};
  return table;
}

std::optional<std::string_view> built_in(std::string_view path) {
  for (const BuiltInPage& page : built_in_pages()) {
    if (page.path == path) return page.text;
  }
  return std::nullopt;
}

/// Nothing if there is no such file. Errors: unavailable.
Result<std::optional<std::string>> read_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<std::string>();
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) return unavailable(path + ": cannot be read");
  return std::optional(std::move(text));
}

bool is_language(std::string_view name) {
  return name.size() >= 2 && name.size() <= 20 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

/// Folders of FOLDER and of what is built in.
std::set<std::string> languages_of(const std::string& folder) {
  std::set<std::string> out;
  for (const BuiltInPage& page : built_in_pages()) {
    const auto slash = page.path.find('/');
    if (slash != std::string_view::npos) out.emplace(page.path.substr(0, slash));
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = to_lower(entry.path().filename().string());
    if (entry.is_directory(ignored) && is_language(name)) out.insert(name);
  }
  return out;
}

/// A page of a language: from the folder, else built in, else built in in English.
struct Source {
  std::string name;  ///< for mistakes
  std::string text;
};
Result<Source> find_source(const std::string& folder, const std::string& language,
                           std::string_view file) {
  const std::string relative = fmt::format("{}/{}", language, file);
  const std::string path = fmt::format("{}/{}", folder, relative);
  auto found = read_file(path);
  if (!found) return std::move(found).error();
  if (*found) return Source{path, **std::move(found)};
  if (const auto text = built_in(relative)) return Source{relative, std::string(*text)};
  const std::string english = fmt::format("{}/{}", fallback, file);
  return Source{english, std::string(built_in(english).value_or(""))};
}

/// The quality of one entry of Accept-Language; 0 for what is refused or cannot be read.
double quality(std::string_view entry) {
  const auto mark = entry.find(";");
  if (mark == std::string_view::npos) return 1;
  const std::string_view parameter = trim(entry.substr(mark + 1));
  if (!starts_with_ignoring_case(parameter, "q=")) return 1;
  const double value = std::strtod(std::string(parameter.substr(2, 8)).c_str(), nullptr);
  return value >= 0 && value <= 1 ? value : 0;
}

}  // namespace

std::string_view file_of(PageName name) { return rules().at(static_cast<std::size_t>(name)).file; }

Result<Pages> Pages::load(const std::string& folder) {
  Pages out;
  std::string mistakes;
  const auto read = [&](std::string_view name) -> Result<std::string> {
    if (name.find('/') != std::string_view::npos) {
      return invalid(fmt::format("'{}' is no file of this folder", printable(name, 80)));
    }
    auto text = read_file(fmt::format("{}/{}", folder, name));
    if (!text) return std::move(text).error();
    if (*text) return **std::move(text);
    if (const auto ours = built_in(name)) return std::string(*ours);
    return invalid(fmt::format("there is no file '{}' in {}", printable(name, 80), folder));
  };
  for (const std::string& language : languages_of(folder)) {
    Language& pages = out.languages_[language];
    for (const PageRule& rule : rules()) {
      const auto source = find_source(folder, language, rule.file);
      if (!source) return source.error();
      auto page = PageTemplate::compile(source->text, rule.names, rule.needed, read);
      if (page) {
        pages.push_back(*std::move(page));
      } else {
        mistakes +=
            fmt::format("{}{}:{}", mistakes.empty() ? "" : "\n", source->name, page.error().text);
      }
    }
  }
  if (!mistakes.empty()) return invalid(std::move(mistakes));
  return out;
}

std::string Pages::render(PageName name, std::string_view accept_language,
                          const PageValues& values) const {
  const auto language = languages_.find(choose(accept_language));
  return language->second.at(static_cast<std::size_t>(name)).render(values);
}

std::string_view Pages::choose(std::string_view accept_language) const {
  std::string_view best = fallback;
  double best_quality = 0;
  for (const std::string_view entry : split(accept_language.substr(0, 500), ',')) {
    std::string tag = to_lower(trim(entry.substr(0, entry.find(';'))));
    const double wanted = quality(entry);
    if (wanted <= best_quality) continue;
    // "zh-hant-tw", then "zh-hant", then "zh" (RFC 4647 section 3.4).
    while (!tag.empty()) {
      if (const auto found = languages_.find(tag); found != languages_.end()) {
        best = found->first;
        best_quality = wanted;
        break;
      }
      const auto dash = tag.rfind('-');
      tag.resize(dash == std::string::npos ? 0 : dash);
    }
  }
  return best;
}

}  // namespace smtpapi
