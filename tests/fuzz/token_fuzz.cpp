// Tokens: nothing that was not sealed opens; octets that are a link are written back as they were.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/encode.h"
#include "tests/fuzz/property.h"
#include "track/keys.h"
#include "track/link_octets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace smtpapi;
  static const LinkKeys keys = *LinkKeys::parse("0123456789abcdefghijklmnopqrstuv");
  const std::string_view input(reinterpret_cast<const char*>(data), size);

  require(!keys.open(input) && !keys.open(base64url(input)), "nobody forges a token");
  if (const auto octets = decode_base64url(input))
    require(base64url(*octets) == input, "base64url has one form");

  const auto link = read_link(input);
  if (!link) return 0;
  require(link_octets(*link) == input && link_octets_size(*link) == size, "a link has one form");
  const std::string token = keys.token(*link);
  require(token.size() == LinkKeys::token_size(*link), "the size is known before");
  require(token.size() > LinkKeys::max_token || keys.open(token) == link, "what is sealed opens");
  return 0;
}
