// A value, or the reason why there is none.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace smtpapi {

/// Why an operation failed, in the terms a mail system acts on.
enum class Fault {
  invalid,      ///< the input is wrong: trying again cannot help (5xx)
  unavailable,  ///< a resource is missing for now: try again later (4xx)
  internal,     ///< our own bug: logged in full, answered as unavailable
};

struct Error {
  Fault fault = Fault::internal;
  std::string text;  ///< one clause for the log: lower case, no final dot, no secrets

  /// The same fault with what was being tried in front: "open /x: disk full".
  Error within(std::string_view context) && {
    text.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }
};

inline Error invalid(std::string text) { return {Fault::invalid, std::move(text)}; }
inline Error unavailable(std::string text) { return {Fault::unavailable, std::move(text)}; }
inline Error internal(std::string text) { return {Fault::internal, std::move(text)}; }

/// A T or an Error, with the member names of std::expected (which g++ 12 lacks in C++20).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Nothing {};
/// Success without a value, or an Error.
using Status = Result<Nothing>;
inline Status ok() { return Nothing{}; }

}  // namespace smtpapi
