#include "event/signing_key.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "mail/codec.h"

namespace smtpapi {
namespace {

/// As a receiver does it, who has the public key as one line (SIG-5).
bool verifies(const std::string& public_key, const std::string& signature,
              const std::string& octets) {
  const std::string key = decode_base64(public_key), der = decode_base64(signature);
  const auto* at = reinterpret_cast<const unsigned char*>(key.data());
  const Owned<EVP_PKEY, EVP_PKEY_free> parsed(
      d2i_PUBKEY(nullptr, &at, static_cast<long>(key.size())));
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return parsed &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, parsed.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(der.data()),
                          der.size(), reinterpret_cast<const unsigned char*>(octets.data()),
                          octets.size()) == 1;
}

TEST(SigningKeyTest, SignsTimestampAndBody) {
  const auto key = SigningKey::make();
  ASSERT_TRUE(key);
  const std::string body = "[{\"event\":\"open\"}]\r\n";
  const std::string public_key = key->public_key();
  EXPECT_EQ(decode_base64(public_key).size(), 91u) << "LIB-46";
  EXPECT_EQ(public_key.find('\n'), std::string::npos);
  const auto signature = key->sign("1700000000", body);
  ASSERT_TRUE(signature);
  EXPECT_TRUE(verifies(public_key, *signature, "1700000000" + body));
  EXPECT_NE(*key->sign("1700000000", body), *signature) << "made anew (SIG-4)";
  EXPECT_TRUE(verifies(public_key, *key->sign("1", ""), "1"));

  const struct {
    const char* why;
    std::string octets;
  } tampered[] = {
      {"another timestamp", "1700000001" + body},
      {"no timestamp", body},
      {"a changed octet", "1700000000[{\"event\":\"0pen\"}]\r\n"},
      {"another line end", "1700000000[{\"event\":\"open\"}]\n"},
      {"nothing", ""},
  };
  for (const auto& c : tampered) EXPECT_FALSE(verifies(public_key, *signature, c.octets)) << c.why;
  EXPECT_FALSE(verifies(SigningKey::make()->public_key(), *signature, "1700000000" + body));
}

TEST(SigningKeyTest, IsKeptAsPem) {
  const auto key = SigningKey::make();
  ASSERT_TRUE(key);
  const std::string pem = key->pem();
  EXPECT_EQ(pem.substr(0, 28), "-----BEGIN PRIVATE KEY-----\n");
  const auto same = SigningKey::from_pem(pem);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->public_key(), key->public_key());
  EXPECT_EQ(same->pem(), pem);
}

TEST(SigningKeyTest, RefusesOtherKeys) {
  std::string pem = SigningKey::make()->pem();
  const struct {
    const char* why;
    std::string pem;
  } cases[] = {
      {"nothing", ""},
      {"no PEM", "hello"},
      {"cut", pem.substr(0, pem.size() / 2)},
      {"only its frame", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"},
      {"another curve",
       "-----BEGIN PRIVATE KEY-----\n"
       "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCkpey7uIsD0FyoyNhX\n"
       "CNlrSOITGXfUOkvZT3bTB/qk+VBFLAa5mxWNLf7bfy+wI2mhZANiAAQ6a+Bd4S2z\n"
       "e6VtR4hfGgB4MhBybvF0qeJ6RGfnJMTdI2hfDH/DXkZJQKpyODaKzJSr9qHdzJ4a\n"
       "7C/1UOQLg05VTA1OGiYibtmcbzqpK+3SdhfaXbKBdhJZoErlZdo3e9Y=\n"
       "-----END PRIVATE KEY-----\n"},
  };
  for (const auto& c : cases) {
    const auto read = SigningKey::from_pem(c.pem);
    ASSERT_FALSE(read) << c.why;
    EXPECT_EQ(read.error().fault, Fault::invalid);
  }
}

}  // namespace
}  // namespace smtpapi
