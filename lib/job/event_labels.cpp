#include "job/event_labels.h"

#include <algorithm>
#include <limits>

#include "smtpapi/header_text.h"
#include "smtpapi/limits.h"
#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

/// Octets that one argument may grow to. Intake has seen to it that none grows as far.
constexpr std::size_t longest_argument = 1u << 20;

/// What one copy's values are made of.
Document without_the_rest(Document document) {
  document.to = {};
  document.filters = {};
  if (document.unique_args.empty()) {
    document.sub = {};
    document.section = {};
  }
  return document;
}

}  // namespace

std::shared_ptr<const EventLabels> EventLabels::read(std::string_view header, Time received) {
  Limits unlimited;
  unlimited.recipients = 0;
  unlimited.header_bytes = std::numeric_limits<std::size_t>::max();
  unlimited.substitution_bytes = 0;
  unlimited.unique_args_bytes = 0;
  Document document =
      without_the_rest(parse_header(HeaderText::from_value(header), unlimited, received).document);

  std::size_t weight = sizeof(EventLabels) + 512;
  for (const std::string& category : document.category) weight += 64 + category.size();
  for (const auto& [name, value] : document.unique_args) weight += 256 + name.size() + value.size();
  weight += sizeof(std::int64_t) * document.send_each_at.size();
  if (!document.sub.empty() || !document.section.empty()) weight += 6 * header.size();
  return std::shared_ptr<const EventLabels>(
      new EventLabels(std::make_shared<const Document>(std::move(document)), weight));
}

EventLabels::EventLabels(std::shared_ptr<const Document> document, std::size_t weight)
    : document_(std::move(document)), tags_(document_), weight_(weight) {
  for (const auto& [name, value] : document_->unique_args)
    unique_args_.emplace_back(name, TextTemplate(value, tags_));
}

std::int64_t EventLabels::send_at(std::size_t index) const {
  if (index < document_->send_each_at.size()) return document_->send_each_at[index];
  return document_->send_at.value_or(0);
}

std::vector<TextPair> EventLabels::unique_args(std::size_t index) const {
  std::vector<TextPair> out;
  Expansion scratch;
  for (const auto& [name, text] : unique_args_) {
    const Status done = text.expand(index, LineBreaks::as_sent, longest_argument, scratch);
    out.emplace_back(name, done ? scratch.text() : text.text());
  }
  return out;
}

}  // namespace smtpapi
