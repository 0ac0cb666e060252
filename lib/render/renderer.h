// A submission cut once and rendered once for each recipient (LIB-18).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "filter/filter.h"
#include "mail/message.h"
#include "plan/delivery.h"
#include "render/body.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// What is done to one header field of the message.
struct FieldEdit {
  std::size_t field = 0;  ///< index in Message::fields()
  bool removed = false;
  std::string value;  ///< unless removed: the new value with leading blank, CRLF folds, no end
};

/// One rendered copy. Reuse it from copy to copy: its buffers keep their size.
struct RenderedCopy {
  std::vector<FieldEdit> edits;                            ///< by field, ascending
  std::vector<std::pair<std::string, std::string>> added;  ///< name, value (as in FieldEdit)
  std::string head;                                        ///< all fields and the empty line, CRLF
  bool body_changed = false;
  std::vector<std::string_view> body;  ///< pieces, of the message or of `bodies`
  std::vector<RenderedBody> bodies;    ///< what changed parts became
  std::vector<std::string> headers;    ///< and their headers, "" where unchanged

  RenderedCopy() = default;
  RenderedCopy(RenderedCopy&&) = default;  // the views stay good when moved, not when copied
  RenderedCopy& operator=(RenderedCopy&&) = default;

  std::size_t size() const;
  /// Head and body in one string.
  std::string octets() const;
};

struct RenderSettings {
  std::size_t message_bytes = 0;  ///< a copy's texts, less the links put into them, may not become
                                  ///< larger; 0: no limit
  /// Fields that every copy gets: name and value with leading blank.
  std::vector<std::pair<std::string, std::string>> added = {};

  LinkSettings links = {};
  std::string submission_id = {};  ///< 22 characters, for links
};

/// Immutable, so threads may share it.
class Renderer {
 public:
  /// Cuts `message` (header of ours still or no longer in it) at its bodies and at the tags of
  /// `document`, with `filters` applied to the texts. `warnings`: parts that cannot be changed
  /// (MIME-4) and filters without effect. Both pointers are kept.
  static Renderer compile(std::shared_ptr<const Message> message,
                          std::shared_ptr<const Document> document, const Filters& filters,
                          const RenderSettings& settings, std::vector<Remark>& warnings);
  ~Renderer();
  Renderer(Renderer&&) noexcept;
  Renderer& operator=(Renderer&&) noexcept;

  /// Errors: invalid when the copy would exceed message_bytes: sections that expand each other are
  /// stopped before memory is spent on them.
  Status render(const Delivery& delivery, RenderedCopy& out) const;

  /// What render() would say, without writing the text: cheap enough for every recipient of a
  /// submission while its client still waits.
  Status check(const Delivery& delivery) const;

  /// True when no tag in use differs from recipient to recipient and none has links of its own, so
  /// that copies for deliveries that do not replace To are the same octets.
  bool same_for_all(std::size_t recipients) const;
  /// Copies have links of ours, by which events find their submission.
  bool has_links() const;

  /// `unique_args` with their values substituted (UA-3).
  std::vector<TextPair> unique_args(std::size_t index) const;

 private:
  struct Impl;
  explicit Renderer(std::unique_ptr<Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace smtpapi
