#include "track/siv.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "base/owned.h"

namespace smtpapi {
namespace {

using Block = std::array<unsigned char, 16>;
using Context = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Cipher = Owned<EVP_CIPHER, EVP_CIPHER_free>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refuses AES");
}

/// `mode`: "CBC". The key says which AES it is.
Context keyed(std::string_view mode, std::string_view key) {
  const auto name = fmt::format("AES-{}-{}", key.size() * 8, mode);
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr));
  Context context(EVP_CIPHER_CTX_new());
  const Block zero{};
  require(cipher && context &&
          EVP_EncryptInit_ex2(context.get(), cipher.get(),
                              reinterpret_cast<const unsigned char*>(key.data()), zero.data(),
                              nullptr) == 1);
  return context;
}

unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void exclusive_or(unsigned char* into, const Block& block) {
  for (std::size_t i = 0; i < block.size(); ++i) into[i] ^= block[i];
}

/// Encrypts in place, from a new IV on. Whole blocks for CBC: its padding would come only with
/// EVP_EncryptFinal(), which is not called.
void encrypt(EVP_CIPHER_CTX* context, const Block& iv, unsigned char* text, std::size_t size) {
  int written = 0;
  require(size <= std::numeric_limits<int>::max() &&
          EVP_EncryptInit_ex2(context, nullptr, nullptr, iv.data(), nullptr) == 1 &&
          EVP_EncryptUpdate(context, text, &written, text, static_cast<int>(size)) == 1 &&
          static_cast<std::size_t>(written) == size);
}

/// dbl() of RFC 5297 section 2.3: multiplies by x in GF(2^128), in constant time.
Block doubled(const Block& block) {
  Block out;
  unsigned carry = 0;
  for (std::size_t i = block.size(); i-- > 0;) {
    out[i] = static_cast<unsigned char>(block[i] << 1 | carry);
    carry = block[i] >> 7;
  }
  out[15] = static_cast<unsigned char>(out[15] ^ (carry * 0x87));
  return out;
}

}  // namespace

/// What one thread needs for one text: two keyed contexts, the CMAC subkeys (RFC 4493 section 2.3)
/// and S2V of the associated data, all of which follow from the key.
class Siv::Ciphers {
 public:
  Ciphers(std::string_view key, std::string_view associated)
      : cbc_(keyed("CBC", key.substr(0, key.size() / 2))),
        ctr_(keyed("CTR", key.substr(key.size() / 2))) {
    Block zero_encrypted{};
    encrypt(cbc_.get(), {}, zero_encrypted.data(), zero_encrypted.size());
    whole_ = doubled(zero_encrypted);
    partial_ = doubled(whole_);
    Block tag = mac(std::string(16, '\0'));
    tag = doubled(tag);
    exclusive_or(tag.data(), mac(std::string(associated)));
    associated_ = tag;
  }

  /// S2V of the associated data and `text` (RFC 5297 section 2.4).
  Block synthetic_iv(std::string_view text) {
    std::string last(text);
    if (last.size() >= 16) {
      exclusive_or(octets(last) + last.size() - 16, associated_);
    } else {
      pad(last);
      exclusive_or(octets(last), doubled(associated_));
    }
    return mac(std::move(last));
  }

  /// Both ways, in place.
  void apply_ctr(Block iv, unsigned char* text, std::size_t size) {
    iv[8] &= 0x7F;
    iv[12] &= 0x7F;
    encrypt(ctr_.get(), iv, text, size);
  }

 private:
  /// CMAC: the last block of CBC with a zero IV, once a subkey is mixed into the last block.
  Block mac(std::string text) {
    const bool is_whole = !text.empty() && text.size() % 16 == 0;
    if (!is_whole) pad(text);
    exclusive_or(octets(text) + text.size() - 16, is_whole ? whole_ : partial_);
    encrypt(cbc_.get(), {}, octets(text), text.size());
    Block out;
    std::memcpy(out.data(), text.data() + text.size() - 16, 16);
    return out;
  }

  static void pad(std::string& text) {
    text.push_back('\x80');
    text.resize((text.size() + 15) / 16 * 16);
  }

  Context cbc_, ctr_;
  Block whole_{}, partial_{}, associated_{};
};

/// Lends Ciphers to one thread at a time. A thread comes back to its own slot, so that threads do
/// not wait for each other; when its slot is empty it makes a set of its own.
class Siv::Pool {
 public:
  Pool(std::string_view key, std::string_view associated) : key_(key), associated_(associated) {
    slot() = new Ciphers(key_, associated_);
  }
  ~Pool() {
    for (Slot& slot : slots_) delete slot.ciphers.load();
    OPENSSL_cleanse(key_.data(), key_.size());
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  template <class Use>
  auto with_ciphers(Use use) {
    std::unique_ptr<Ciphers> mine(slot().exchange(nullptr, std::memory_order_acquire));
    if (!mine) mine = std::make_unique<Ciphers>(key_, associated_);
    auto result = use(*mine);  // a set that failed is not used again
    mine.reset(slot().exchange(mine.release(), std::memory_order_acq_rel));
    return result;
  }

 private:
  struct alignas(64) Slot {
    std::atomic<Ciphers*> ciphers{nullptr};
  };

  std::atomic<Ciphers*>& slot() {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t number = threads++;
    return slots_[number % slots_.size()].ciphers;
  }

  std::string key_;
  const std::string associated_;
  std::array<Slot, 32> slots_;
};

Siv::Siv(std::string_view key, std::string_view associated)
    : pool_(std::make_unique<Pool>(key, associated)) {}
Siv::~Siv() = default;
Siv::Siv(Siv&&) noexcept = default;
Siv& Siv::operator=(Siv&&) noexcept = default;

void Siv::seal(std::string& out, std::string_view text) const {
  const std::size_t at = out.size();
  pool_->with_ciphers([&](Ciphers& ciphers) {
    const Block iv = ciphers.synthetic_iv(text);
    out.append(reinterpret_cast<const char*>(iv.data()), iv.size()).append(text);
    ciphers.apply_ctr(iv, octets(out) + at + iv.size(), text.size());
    return true;
  });
}

std::optional<std::string> Siv::open(std::string_view sealed) const {
  if (sealed.size() < overhead) return std::nullopt;
  Block iv;
  std::memcpy(iv.data(), sealed.data(), iv.size());
  std::string text(sealed.substr(overhead));
  const Block wanted = pool_->with_ciphers([&](Ciphers& ciphers) {
    ciphers.apply_ctr(iv, octets(text), text.size());
    return ciphers.synthetic_iv(text);
  });
  if (CRYPTO_memcmp(wanted.data(), iv.data(), iv.size()) != 0) return std::nullopt;
  return text;
}

}  // namespace smtpapi
