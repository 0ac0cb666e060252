#include "milter/ctl/assumed_envelope.h"

#include <set>

#include "base/text.h"
#include "mail/address.h"

namespace smtpapi::ctl {
namespace {

/// Cuts an address list at its commas and at the marks of groups, comments taken out.
class ListCutter {
 public:
  std::vector<std::string> cut(std::string_view list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const char c = list[i];
      if (c == '\\' && (in_quotes_ || comment_depth_ > 0) && i + 1 < list.size()) {
        if (in_quotes_) entry_ += list.substr(i, 2);
        ++i;
      } else if (comment_depth_ > 0) {
        if (c == '(') ++comment_depth_;
        if (c == ')') --comment_depth_;
      } else if (in_quotes_ || c == '"') {
        if (c == '"') in_quotes_ = !in_quotes_;
        entry_ += c;
      } else {
        outside_quotes(c);
      }
    }
    end_entry();
    return std::move(entries_);
  }

 private:
  void outside_quotes(char c) {
    if (c == '<') in_angles_ = true;
    if (c == '>') in_angles_ = false;
    if (c == '(') {
      comment_depth_ = 1;
    } else if (in_angles_) {
      entry_ += c;
    } else if (c == ',' || c == ';') {
      end_entry();
    } else if (c == ':') {
      entry_.clear();  // the name of a group
    } else {
      entry_ += c;
    }
  }

  void end_entry() {
    const std::string_view entry = trim(entry_);
    if (!entry.empty()) entries_.emplace_back(entry);
    entry_.clear();
    in_angles_ = false;
  }

  std::vector<std::string> entries_;
  std::string entry_;
  std::size_t comment_depth_ = 0;
  bool in_quotes_ = false;
  bool in_angles_ = false;
};

}  // namespace

std::vector<std::string> addresses_in(std::string_view value) {
  std::vector<std::string> addresses;
  for (const std::string& entry : ListCutter().cut(unfold(value)))
    if (const auto mailbox = parse_mailbox(entry, true)) addresses.push_back(mailbox->address);
  return addresses;
}

std::string assumed_reverse_path(const Message& message) {
  for (const std::string_view name : {"Sender", "From"}) {
    const Field* field = message.find(name);
    if (!field) continue;
    const auto addresses = addresses_in(message.value(*field));
    if (!addresses.empty()) return addresses.front();
  }
  return {};
}

std::vector<std::string> assumed_recipients(const Message& message) {
  std::vector<std::string> recipients;
  std::set<std::string> seen;
  for (const Field& field : message.fields()) {
    const std::string name = to_lower(message.name(field));
    if (name != "to" && name != "cc" && name != "bcc") continue;
    for (std::string& address : addresses_in(message.value(field)))
      if (seen.insert(to_lower(address)).second) recipients.push_back(std::move(address));
  }
  return recipients;
}

}  // namespace smtpapi::ctl
