// Links of every shape, for properties.
#pragma once

#include <random>
#include <string>

#include "base/encode.h"
#include "track/link.h"

namespace smtpapi {

/// A link of a submission whose id stands for the octets 0 to 15, to be filled up.
inline Link link_of(LinkKind kind) {
  Link link;
  link.kind = kind;
  link.submission_id = "AAECAwQFBgcICQoLDA0ODw";
  link.recipient = "ann@example.org";
  return link;
}

inline std::string random_text(std::mt19937& random, std::size_t at_most) {
  std::string out(random() % (at_most + 1), '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

inline std::int64_t random_number(std::mt19937& random) {
  const auto wide = static_cast<std::int64_t>(std::uint64_t{random()} << 32 | random());
  return wide >> (random() % 64);
}

/// Only fields that a link of its kind has.
inline Link random_link(std::mt19937& random) {
  Link link;
  link.kind = static_cast<LinkKind>(1 + random() % 6);
  if (random() % 8 > 0) {
    std::string id(16, '\0');
    for (char& c : id) c = static_cast<char>(random());
    link.submission_id = base64url(id);
  } else {
    link.submission_id = random_text(random, 30);
  }
  link.index = static_cast<std::size_t>(random_number(random));
  link.recipient = random_text(random, 60);
  if (random() % 2) link.group = random_number(random);
  if (random() % 3 == 0) {
    link.groups.resize(random() % 26);
    for (auto& group : link.groups) group = random_number(random);
  }
  if (link.kind == LinkKind::click) {
    link.url = random_text(random, 300);
    link.place = static_cast<std::size_t>(random_number(random));
    link.type = static_cast<LinkType>(random() % 3);
  }
  return link;
}

}  // namespace smtpapi
