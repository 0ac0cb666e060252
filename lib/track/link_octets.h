// A link as octets: what a token carries.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "track/link.h"

namespace smtpapi {

/// One octet with the kind and what follows, 16 of the submission, then row, recipient, groups and,
/// for a click, place and target; numbers as base-128 groups, low ones first. `url`, `place` and
/// `type` of a link that is no click are left out.
std::string link_octets(const Link& link);
/// The size of link_octets(link).
std::size_t link_octets_size(const Link& link);

/// Nothing unless `octets` is exactly what link_octets() gives for some link.
std::optional<Link> read_link(std::string_view octets);

}  // namespace smtpapi
