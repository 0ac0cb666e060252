// A copy as it goes to the courier, with the buffers that it is made in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "job/compiled_submission.h"
#include "net/courier.h"
#include "render/renderer.h"
#include "store/store.h"

namespace smtpapi {

/// Reuse it from copy to copy, so that a copy costs few allocations. Not thread-safe.
class PreparedCopy {
 public:
  PreparedCopy() = default;
  PreparedCopy(const PreparedCopy&) = delete;  // the parcel looks at what is beside it
  PreparedCopy& operator=(const PreparedCopy&) = delete;

  /// Replaces what was here. `compiled` must outlive the use of parcel(). Errors: those of
  /// CompiledSubmission::delivery() and Renderer::render(); then there is no parcel.
  Status make(const Copy& copy, const CompiledSubmission& compiled);

  const Parcel& parcel() const { return parcel_; }
  std::size_t size() const { return rendered_.size(); }  ///< octets, less the Received field

 private:
  Copy copy_;
  std::string rendered_for_;  ///< submission whose copy is in rendered_
  RenderedCopy rendered_;
  std::string received_;
  std::string reverse_path_;
  std::vector<std::string_view> content_;
  Parcel parcel_;
};

}  // namespace smtpapi
