// API keys as the clients of SendGrid use them: user name "apikey", password the key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtpapi::ctl {

/// The user name that goes with every key.
constexpr std::string_view key_user = "apikey";

/// "SG.", 22 characters that name the key, ".", 43 characters that carry 256 random bits. Who knows
/// the name only knows nothing.
struct ApiKey {
  std::string id;  ///< begins with a letter or digit
  std::string secret;

  std::string text() const { return "SG." + id + "." + secret; }
};

ApiKey make_api_key();

/// Nothing unless `text` has the shape of what make_api_key() makes.
std::optional<ApiKey> parse_api_key(std::string_view text);
/// Whether `text` may be the name of a key.
bool is_key_id(std::string_view text);

/// "{SSHA512}..." as Dovecot writes it: base64 of the SHA-512 of key and salt, and the salt. One
/// round is enough: nobody guesses 256 bits, and a slow hash would only hold up logins.
std::string hash_api_key(std::string_view key);
bool is_hash_of(std::string_view hash, std::string_view key);

}  // namespace smtpapi::ctl
