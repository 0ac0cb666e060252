#include "job/page_template.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace smtpapi {

/// The text and how far it has been cut.
struct PageTemplate::Cutter {
  std::string_view text;
  std::span<const std::string_view> names;
  const ReadFile& read;
  std::vector<std::string> used;
  std::size_t at = 0;

  Error mistake(std::string_view what) const {
    const auto lines =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return invalid(fmt::format("{}: {}", lines + 1, what));
  }

  Status check_name(std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return mistake(fmt::format("unknown name '{}'", printable(name, 40)));
    }
    used.emplace_back(name);
    return ok();
  }

  /// Until the end, or until {{/list}}.
  Status cut(std::vector<Piece>& out, std::string_view list, int depth) {
    for (;;) {
      const auto open = text.find("{{", at);
      if (open != at) out.push_back({Kind::literal, std::string(text.substr(at, open - at)), {}});
      if (open == std::string_view::npos) {
        at = text.size();
        if (!list.empty()) return mistake(fmt::format("'{{{{#{}}}}}' is not closed", list));
        return ok();
      }
      at = open;
      const auto close = text.find("}}", open);
      if (close == std::string_view::npos) return mistake("'{{' without '}}'");
      const std::string_view mark = trim(text.substr(open + 2, close - open - 2));
      if (mark.starts_with('/')) {
        if (list.empty() || trim(mark.substr(1)) != list) {
          return mistake(fmt::format("'{{{{{}}}}}' closes nothing", printable(mark, 40)));
        }
        at = close + 2;
        return ok();
      }
      if (const Status done = take(mark, close + 2, out, depth); !done) return done;
    }
  }

  Status take(std::string_view mark, std::size_t behind, std::vector<Piece>& out, int depth) {
    if (mark.starts_with('>')) {
      auto file = read(trim(mark.substr(1)));
      if (!file) return mistake(file.error().text);
      out.push_back({Kind::literal, *std::move(file), {}});
      at = behind;
      return ok();
    }
    const bool is_list = mark.starts_with('#');
    const std::string_view name = is_list ? trim(mark.substr(1)) : mark;
    if (const Status known = check_name(name); !known) return known;
    if (is_list && depth >= 8) return mistake("too many lists in each other");
    at = behind;
    Piece piece{is_list ? Kind::list : Kind::text, std::string(name), {}};
    if (is_list) {
      if (const Status done = cut(piece.inner, name, depth + 1); !done) return done;
    }
    out.push_back(std::move(piece));
    return ok();
  }
};

Result<PageTemplate> PageTemplate::compile(std::string_view text,
                                           std::span<const std::string_view> names,
                                           std::span<const std::string_view> needed,
                                           const ReadFile& read) {
  PageTemplate out;
  Cutter cutter{text, names, read, {}};
  if (const auto bad = find_invalid_utf8(text)) {
    cutter.at = *bad;
    return cutter.mistake("not UTF-8");
  }
  if (const Status done = cutter.cut(out.pieces_, {}, 0); !done) return done.error();
  for (const std::string_view name : needed) {
    if (std::find(cutter.used.begin(), cutter.used.end(), name) == cutter.used.end()) {
      return cutter.mistake(fmt::format("'{}' is missing in the page", name));
    }
  }
  return out;
}

std::string PageTemplate::render(const PageValues& values) const {
  std::string out;
  std::vector<const PageValues*> scopes = {&values};
  append(out, pieces_, scopes);
  return out;
}

void PageTemplate::append(std::string& out, const std::vector<Piece>& pieces,
                          std::vector<const PageValues*>& scopes) {
  for (const Piece& piece : pieces) {
    if (piece.kind == Kind::literal) {
      out += piece.text;
      continue;
    }
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
      if (piece.kind == Kind::text) {
        const auto found = (*scope)->texts.find(piece.text);
        if (found == (*scope)->texts.end()) continue;
        append_html(out, found->second);
        break;
      }
      const auto found = (*scope)->lists.find(piece.text);
      if (found == (*scope)->lists.end()) continue;
      for (const PageValues& entry : found->second) {
        scopes.push_back(&entry);
        append(out, piece.inner, scopes);
        scopes.pop_back();
      }
      break;
    }
  }
}

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace smtpapi
