// AES-SIV against RFC 5297 and against OpenSSL's own.
#include "track/siv.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>
#include <thread>
#include <vector>

#include "base/owned.h"

namespace smtpapi {
namespace {

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

std::string sealed(const Siv& siv, std::string_view text) {
  std::string out;
  siv.seal(out, text);
  return out;
}

std::string random_octets(std::mt19937& random, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// What OpenSSL 3 gives for `text`, which must not be empty.
std::string sealed_by_openssl(const std::string& key, const std::string& associated,
                              const std::string& text) {
  const Owned<EVP_CIPHER, EVP_CIPHER_free> cipher(
      EVP_CIPHER_fetch(nullptr, key.size() == 64 ? "AES-256-SIV" : "AES-128-SIV", nullptr));
  const Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
  std::string out(16 + text.size(), '\0');
  auto* const at = reinterpret_cast<unsigned char*>(out.data());
  int size = 0;
  EXPECT_EQ(EVP_EncryptInit_ex2(context.get(), cipher.get(), octets(key), nullptr, nullptr), 1);
  EXPECT_EQ(EVP_EncryptUpdate(context.get(), nullptr, &size, octets(associated),
                              static_cast<int>(associated.size())),
            1);
  EXPECT_EQ(
      EVP_EncryptUpdate(context.get(), at + 16, &size, octets(text), static_cast<int>(text.size())),
      1);
  EXPECT_EQ(EVP_EncryptFinal_ex(context.get(), at + 16 + size, &size), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, at), 1);
  return out;
}

TEST(SivTest, DeterministicExampleOfTheRfc) {  // RFC 5297 appendix A.1
  const Siv siv(unhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
                unhex("101112131415161718191a1b1c1d1e1f2021222324252627"));
  const std::string text = unhex("112233445566778899aabbccddee");
  const std::string want = unhex("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
  EXPECT_EQ(sealed(siv, text), want);
  EXPECT_EQ(siv.open(want), text);
}

TEST(SivTest, GivesWhatOpensslGivesForEverySize) {
  std::mt19937 random(7);
  for (const std::size_t key_size : {std::size_t{32}, std::size_t{64}}) {
    for (std::size_t size = 1; size < 200; ++size) {
      const std::string key = random_octets(random, key_size);
      const std::string associated = random_octets(random, 1 + random() % 40);
      const std::string text = random_octets(random, size);
      const Siv siv(key, associated);
      EXPECT_EQ(sealed(siv, text), sealed_by_openssl(key, associated, text)) << size;
    }
  }
}

TEST(SivTest, ASetOfContextsServesManyTexts) {
  std::mt19937 random(8);
  const std::string key = random_octets(random, 64);
  const Siv siv(key, "ab");
  for (int i = 0; i < 500; ++i) {
    const std::string text = random_octets(random, 1 + random() % 100);
    const std::string out = sealed(siv, text);
    EXPECT_EQ(out, sealed_by_openssl(key, "ab", text));
    EXPECT_EQ(siv.open(out), text);
    EXPECT_FALSE(siv.open(out + "x")) << "a failed one leaves nothing behind";
  }
}

TEST(SivTest, EmptyAndShortTexts) {
  const Siv siv(std::string(64, 'k'), "ab");
  const std::string empty = sealed(siv, "");
  EXPECT_EQ(empty.size(), Siv::overhead);
  EXPECT_EQ(siv.open(empty), "");
  for (std::size_t size = 0; size < Siv::overhead; ++size)
    EXPECT_FALSE(siv.open(empty.substr(0, size)));
  EXPECT_FALSE(siv.open(std::string(16, '\0')));
  EXPECT_FALSE(siv.open(std::string(64, '\0')));
}

TEST(SivTest, EveryKeyBitAndTheAssociatedDataCount) {
  const std::string key(64, 'k');
  const std::string out = sealed(Siv(key, "ab"), "a text");
  EXPECT_FALSE(Siv(key, "ac").open(out));
  EXPECT_FALSE(Siv(key, "").open(out));
  for (std::size_t i = 0; i < 64; ++i) {
    std::string other = key;
    other[i] ^= 1;
    EXPECT_FALSE(Siv(other, "ab").open(out)) << i;
  }
}

TEST(SivTest, RefusesOtherKeySizes) {
  for (const std::size_t size : {0, 16, 31, 33, 63, 65, 128})
    EXPECT_THROW(Siv(std::string(size, 'k'), "ab"), std::runtime_error) << size;
}

TEST(SivTest, ThreadsShareOne) {
  const Siv siv(std::string(64, 'k'), "ab");
  std::vector<std::string> want;
  for (int i = 0; i < 64; ++i) want.push_back(sealed(siv, std::string(1 + i * 3, 'a')));
  std::vector<int> wrong(40, 0);  // more threads than slots of the pool
  {
    std::vector<std::jthread> threads;
    for (int& mine : wrong) {
      threads.emplace_back([&] {
        for (int round = 0; round < 40; ++round) {
          for (int i = 0; i < 64; ++i) {
            const std::string text(1 + i * 3, 'a');
            if (sealed(siv, text) != want[i] || siv.open(want[i]) != text) ++mine;
          }
        }
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(40, 0));
}

}  // namespace
}  // namespace smtpapi
