// The WHERE of a query that is put together from what is asked.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"

namespace smtpapi {

/// Conditions that all must hold, and the values they name. Texts that values refer to must outlive
/// this.
class Conditions {
 public:
  Conditions() = default;
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  /// `condition` has one {} for the value.
  void add(std::string_view condition, Value value) {
    if (!sql_.empty()) sql_ += " AND ";
    sql_ += fmt::format(fmt::runtime(condition), parameter(value));
  }
  /// A condition without a value, or with one that parameter() kept.
  void add(std::string_view condition) {
    if (!sql_.empty()) sql_ += " AND ";
    sql_ += condition;
  }
  /// Keeps a value and returns its "$n".
  std::string parameter(Value value) {
    values_.push_back(value);
    return fmt::format("${}", values_.size());
  }

  const std::string& sql() const { return sql_; }
  std::span<const Value> values() const { return values_; }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

}  // namespace smtpapi
