// Which copies went out in which of the MTA's messages, and which of them a line of its log means.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/delivery_report.h"
#include "store/reports.h"

namespace smtpapi {

class MessageCopies {
 public:
  /// Under `copy.queue_id`; a copy that is there already is not added.
  void add(CopyPlace copy);
  bool has(const std::string& queue_id) const { return messages_.contains(queue_id); }

  /// The copies that `report` is about. An alias changes the recipient; but what becomes of the
  /// only copy in a message is that copy's, whatever the address. Of copies of several submissions,
  /// between which the queue ID was used again, those count that were in it last at that time.
  /// Pointers live until the next add().
  std::vector<const CopyPlace*> meant(const DeliveryReport& report);

 private:
  struct Message {
    std::vector<CopyPlace> copies;
    /// Indexes by suppression_key() and, for a local user's name, by its part in front of the "@".
    std::unordered_multimap<std::string, std::size_t> by_address;
    std::size_t indexed = 0;      ///< copies in `by_address`
    bool was_used_again = false;  ///< copies of several submissions
  };
  static std::vector<const CopyPlace*> with_address(Message& message, std::string_view address);

  std::unordered_map<std::string, Message> messages_;
};

}  // namespace smtpapi
