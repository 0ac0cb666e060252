// Owns what a C library handed out, and frees it with the library's own function.
#pragma once

#include <memory>

namespace smtpapi {

template <auto free>
struct FreeWith {
  template <class T>
  void operator()(T* p) const {
    free(p);
  }
};

/// using Statement = Owned<sqlite3_stmt, sqlite3_finalize>;
template <class T, auto free>
using Owned = std::unique_ptr<T, FreeWith<free>>;

}  // namespace smtpapi
