// A courier that keeps what it is given and answers what the test says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "job/release.h"
#include "net/courier.h"

namespace smtpapi {

/// A parcel that outlives its call.
struct KeptParcel {
  std::string pool, reverse_path, recipient, mail_parameters, rcpt_parameters;
  bool smtputf8 = false, eight_bit = false;
  std::string orig_queue_id, client_name, client_address;
  std::string content;
  std::string next;  ///< recipient of the parcel that was announced with it
};

/// All listeners of a test. Thread-safe.
class FakePostOffice {
 public:
  using Answer = std::function<Result<Receipt>(const KeptParcel&, const std::stop_token& abandon)>;

  static Receipt taken() { return {250, "2.0.0", "2.0.0 Ok: queued as QID", "QID"}; }
  static Receipt reply(int code, std::string text) { return {code, "", std::move(text), ""}; }

  /// Until then everything is taken.
  void answer(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }

  CourierFactory couriers() {
    return [this](std::string_view pool, std::stop_token abandon) {
      return std::make_unique<Line>(*this, std::string(pool), std::move(abandon));
    };
  }

  /// What was handed over, whatever the answer was.
  std::vector<KeptParcel> parcels() const {
    const std::lock_guard lock(mutex_);
    return parcels_;
  }
  std::vector<std::string> recipients() const {
    std::vector<std::string> out;
    for (const KeptParcel& parcel : parcels()) out.push_back(parcel.recipient);
    return out;
  }
  /// How often lines were ended.
  int hang_ups() const {
    const std::lock_guard lock(mutex_);
    return hang_ups_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    parcels_.clear();
    hang_ups_ = 0;
  }

 private:
  class Line final : public Courier {
   public:
    Line(FakePostOffice& office, std::string pool, std::stop_token abandon)
        : office_(office), pool_(std::move(pool)), abandon_(std::move(abandon)) {}

    Result<Receipt> deliver(const Parcel& parcel, const Parcel* next) override {
      KeptParcel kept{pool_,
                      std::string(parcel.reverse_path),
                      std::string(parcel.recipient),
                      std::string(parcel.mail_parameters),
                      std::string(parcel.rcpt_parameters),
                      parcel.smtputf8,
                      parcel.eight_bit,
                      std::string(parcel.orig_queue_id),
                      std::string(parcel.client_name),
                      std::string(parcel.client_address),
                      "",
                      next ? std::string(next->recipient) : ""};
      for (const std::string_view piece : parcel.content) kept.content += piece;
      Answer answer;
      {
        const std::lock_guard lock(office_.mutex_);
        office_.parcels_.push_back(kept);
        answer = office_.answer_;
      }
      return answer ? answer(kept, abandon_) : taken();
    }
    void hang_up() override {
      const std::lock_guard lock(office_.mutex_);
      ++office_.hang_ups_;
    }

   private:
    FakePostOffice& office_;
    const std::string pool_;
    const std::stop_token abandon_;
  };

  mutable std::mutex mutex_;
  std::vector<KeptParcel> parcels_;
  int hang_ups_ = 0;
  Answer answer_;
};

}  // namespace smtpapi
