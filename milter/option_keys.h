// The table of configuration keys: what each is called, how its value is read, where it goes. The
// only place that knows Boost.Program_options.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "milter/options.h"

namespace smtpapi {

/// The keys as Boost's options: each stores into the settings when it is notified.
class OptionKeys {
 public:
  /// `settings` must outlive this object.
  explicit OptionKeys(Settings& settings);
  OptionKeys(const OptionKeys&) = delete;
  OptionKeys& operator=(const OptionKeys&) = delete;

  bool knows(const std::string& name) const { return keys_.find_nothrow(name, false) != nullptr; }
  /// A known key that may be given several times.
  bool is_list(const std::string& name) const {
    return keys_.find(name, false).semantic()->is_composing();
  }
  /// Reads `value` for a known key. `first`: of a list, it replaces what was there. Throws
  /// std::exception that says what is wrong with the value.
  void set(const std::string& name, const std::string& value, bool first);
  std::vector<std::string> names() const;  ///< sorted

 private:
  template <class T, class Read>
  void scalar(const char* name, T& target, Read read);
  template <class Read, class Clear, class Add>
  void list(const char* name, Read read, Clear clear, Add add);
  template <class Read>
  void words_of(const char* name, std::vector<std::string>& target, Read read);
  /// A key of a program that is not part of this release.
  template <class Read>
  void without_effect(const char* name, Read read);

  Settings& settings_;
  bool first_ = true;
  boost::program_options::options_description keys_;
};

}  // namespace smtpapi
