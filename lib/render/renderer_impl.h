// A submission cut for its copies: renderer_compile.cpp makes it, renderer.cpp uses it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filter/chain.h"
#include "render/field_template.h"
#include "render/renderer.h"
#include "render/tag_table.h"

namespace smtpapi {

/// A body that some copy changes.
struct CutBody {
  TextPart part;
  BodyTemplate body;
};

struct Renderer::Impl {
  Impl(std::shared_ptr<const Message> the_message, std::shared_ptr<const Document> the_document,
       const Filters& the_filters, const RenderSettings& the_settings)
      : message(std::move(the_message)),
        settings(the_settings),
        document(mended(std::move(the_document))),
        filters(the_filters),
        tags(document),
        rules(link_rules(filters, context())) {}

  std::shared_ptr<const Message> message;
  RenderSettings settings;
  bool has_group_tags = false;  ///< somewhere
  std::shared_ptr<const Document> document;
  Filters filters;
  TagTable tags;
  std::optional<TagTable> slots_and_tags;  ///< of bodies, if there are slots to be looked for
  LinkRules rules;
  std::optional<LinkKind> list_unsubscribe;                   ///< in a field of each copy
  std::vector<std::size_t> removed;                           ///< fields, ascending
  std::vector<std::size_t> to_fields;                         ///< ascending
  std::vector<std::pair<std::size_t, FieldTemplate>> fields;  ///< ascending
  std::vector<CutBody> bodies;                                ///< in the order of the message
  std::vector<std::pair<std::string, TextTemplate>> unique_args;
  std::vector<std::pair<std::string_view, TextTemplate>>
      utm;  ///< its values may hold tags (FLT-10)
  bool has_mime_version = false;

  std::size_t limit() const {
    return settings.message_bytes == 0 ? SIZE_MAX : settings.message_bytes;
  }

  FilterContext context() const;
  std::shared_ptr<const Document> mended(std::shared_ptr<const Document> given);
  const TagTable& make_body_tags();
  void cut_fields();
  void cut_bodies(std::vector<Remark>& warnings);
  void cut_utm();
  CopyLinks links_of(const Delivery& delivery) const;
  Status render_fields(const Delivery& delivery, CopyLinks& links, RenderedCopy& out) const;
  Status render_bodies(const Delivery& delivery, CopyLinks& links, RenderedCopy& out) const;
  void relabel(const CutBody& slot, const RenderedBody& body, std::string& header,
               RenderedCopy& out) const;
  void write_head(RenderedCopy& out) const;
};

}  // namespace smtpapi
