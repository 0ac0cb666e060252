#include "render/renderer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "filter/chain.h"
#include "filter/group_tags.h"
#include "mail/address.h"
#include "mail/mime.h"
#include "render/field_template.h"
#include "render/tag_table.h"
#include "smtpapi/header_text.h"

namespace smtpapi {
namespace {

/// A body that some copy changes.
struct BodySlot {
  TextPart part;
  BodyTemplate body;
};

const Field* find_field(const Message& message, const std::vector<Field>& fields,
                        std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return equals_ignoring_case(message.name(field), name);
  });
  return found == fields.end() ? nullptr : &*found;
}

/// Fields that never travel on: ours (HDR-4) and Bcc (TO-6).
bool is_removed(std::string_view name) {
  return is_header_of_ours(name) || equals_ignoring_case(name, "Bcc");
}

/// A new value for a field of a part's header, or a field to add when `field` is null.
struct PartFieldEdit {
  const Field* field = nullptr;
  std::string_view name;
  std::string value;
};

std::vector<PartFieldEdit> label(const Message& message, const TextPart& part,
                                 const RenderedBody& body) {
  std::vector<PartFieldEdit> edits;
  if (body.needs_utf8_label) {
    const Field* field = find_field(message, part.fields, "Content-Type");
    edits.push_back(
        {field, "Content-Type",
         field ? with_charset(message.value(*field), "utf-8") : " text/plain; charset=utf-8"});
  }
  if (body.encoding) {
    edits.push_back({find_field(message, part.fields, "Content-Transfer-Encoding"),
                     "Content-Transfer-Encoding", " " + std::string(to_string(*body.encoding))});
  }
  return edits;
}

/// The address in the From field, or "".
std::string from_address(const Message& message) {
  const Field* from = message.find("From");
  if (!from) return {};
  const auto mailbox = parse_mailbox(unfold(message.value(*from)), true);
  return mailbox ? mailbox->address : std::string();
}

}  // namespace

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
  std::vector<BodySlot> bodies;                               ///< in the order of the message
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
  void relabel(const BodySlot& slot, const RenderedBody& body, std::string& header,
               RenderedCopy& out) const;
  void write_head(RenderedCopy& out) const;
};

FilterContext Renderer::Impl::context() const {
  return {document.get(), settings.links.tracking.get(), settings.links.options,
          from_address(*message)};
}

/// Substitutions may bring tags of groups along, spelt in any way (ASM-7).
std::shared_ptr<const Document> Renderer::Impl::mended(std::shared_ptr<const Document> given) {
  if (!settings.links.tracking || !has_group_tag(*given)) return given;
  has_group_tags = true;
  auto copy = std::make_shared<Document>(*given);
  mend_group_tags(*copy);
  return copy;
}

const TagTable& Renderer::Impl::make_body_tags() {
  std::vector<SlotTag> slots;
  for (LateTag& late : late_tags(filters, context(), has_group_tags))
    slots.push_back({std::move(late.tag), late.slot.id()});
  if (slots.empty()) return tags;
  return slots_and_tags.emplace(document, std::move(slots));
}

void Renderer::Impl::cut_utm() {
  const auto settings_of_utm = filters.find("ganalytics");
  if (settings_of_utm == filters.end()) return;
  for (auto& [name, value] : utm_parameters(settings_of_utm->second, settings.links.options))
    utm.emplace_back(name, TextTemplate(std::move(value), tags));
}

void Renderer::Impl::cut_fields() {
  if (!message->find("List-Unsubscribe"))  // UNSUB-6
    list_unsubscribe = smtpapi::list_unsubscribe(filters, context());
  for (std::size_t i = 0; i < message->fields().size(); ++i) {
    const Field& field = message->fields()[i];
    const std::string_view name = message->name(field);
    if (is_removed(name)) {
      removed.push_back(i);
    } else if (equals_ignoring_case(name, "To")) {
      to_fields.push_back(i);
    } else if (equals_ignoring_case(name, "MIME-Version")) {
      has_mime_version = true;
    } else if (auto cut = FieldTemplate::cut(name, message->value(field), tags)) {
      fields.emplace_back(i, *std::move(cut));
    }
  }
}

/// Decodes every body, lets the filters work on the texts, and cuts what may change at its tags.
void Renderer::Impl::cut_bodies(std::vector<Remark>& warnings) {
  if (tags.matcher().empty() && filters.empty() && !settings.links.tracking) return;
  Structure structure = find_bodies(*message);
  if (structure.sealed) {
    warnings.push_back(
        {{}, "the message is signed or encrypted: its body stays as it is (MIME-5)"});
  }
  std::vector<TextPart> parts;
  std::vector<DecodedPart> decoded;
  std::vector<BodyText> texts;
  for (TextPart& part : structure.bodies) {
    const std::string_view content = message->octets().substr(part.begin, part.end - part.begin);
    auto text = decode_part(part, content);
    if (!text) {
      warnings.push_back(
          {{},
           fmt::format("a body part stays as it is: charset \"{}\" or its transfer encoding is not "
                       "known (MIME-4)",
                       printable(part.charset, 60))});
      continue;
    }
    texts.push_back({part.kind, std::move(text->text), false});
    text->text.clear();
    decoded.push_back(*std::move(text));
    parts.push_back(std::move(part));
  }
  if (settings.links.tracking) {
    has_group_tags |= mend_group_tags(filters);
    for (BodyText& text : texts) has_group_tags |= mend_group_tags(text.text);
  }
  apply_filters(filters, context(), texts, warnings);
  const TagTable& body_tags = make_body_tags();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const TextPart& part = parts[i];
    const bool ends_with_break = message->octets().substr(0, part.end).ends_with('\n');
    BodyTemplate body(part, decoded[i], std::move(texts[i]),
                      ends_with_break && part.end > part.begin, rules, body_tags);
    if (!body.is_untouched()) bodies.push_back({std::move(parts[i]), std::move(body)});
  }
}

Renderer Renderer::compile(std::shared_ptr<const Message> message,
                           std::shared_ptr<const Document> document, const Filters& filters,
                           const RenderSettings& settings, std::vector<Remark>& warnings) {
  auto impl = std::make_unique<Impl>(std::move(message), std::move(document), filters, settings);
  impl->cut_fields();
  impl->cut_bodies(warnings);
  impl->cut_utm();
  for (const auto& [name, value] : impl->document->unique_args) {
    impl->unique_args.emplace_back(name, TextTemplate(value, impl->tags));
  }
  return Renderer(std::move(impl));
}

Renderer::Renderer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;

/// What belongs to one copy and is not substitution.
CopyLinks Renderer::Impl::links_of(const Delivery& delivery) const {
  CopyLinks links(settings.links.tracking.get(), rules);
  if (settings.links.tracking) {
    Link& link = links.begin(settings.submission_id, delivery.index, delivery.recipient);
    link.group = document->asm_group_id;
    link.groups = document->asm_groups_to_display;
  }
  if (!utm.empty()) {
    Expansion scratch;
    UtmParameters values;
    for (const auto& [name, text] : utm) {
      const Status done = text.expand(delivery.index, LineBreaks::as_sent, limit(), scratch);
      values.emplace_back(name, done ? scratch.text() : text.text());
    }
    links.set_utm(encode_utm(values));
  }
  return links;
}

Status Renderer::Impl::render_fields(const Delivery& delivery, CopyLinks& links,
                                     RenderedCopy& out) const {
  for (const std::size_t field : removed) out.edits.push_back({field, true, {}});
  if (delivery.replaces_to) {
    std::string to = " " + format_mailbox(delivery.mailbox);
    if (to_fields.empty()) out.added.emplace_back("To", std::move(to));
    for (const std::size_t field : to_fields) {
      const bool first = field == to_fields.front();
      out.edits.push_back({field, !first, first ? std::move(to) : std::string()});
    }
  }
  Expansion scratch;
  for (const auto& [field, text] : fields) {
    auto value = text.render(delivery.index, limit(), scratch);
    if (!value) return std::move(value).error();
    if (*value) out.edits.push_back({field, false, **std::move(value)});
  }
  if (list_unsubscribe) {
    std::string url;
    links.append_url(url, *list_unsubscribe);
    out.added.emplace_back("List-Unsubscribe", " <" + url + ">");
    out.added.emplace_back("List-Unsubscribe-Post", " List-Unsubscribe=One-Click");
  }
  return ok();
}

/// Carries a part's new charset and transfer encoding into its header: the message's own for the
/// top level, else `header`, which then stands for the part's whole header.
void Renderer::Impl::relabel(const BodySlot& slot, const RenderedBody& body, std::string& header,
                             RenderedCopy& out) const {
  header.clear();
  std::vector<PartFieldEdit> edits = label(*message, slot.part, body);
  if (edits.empty()) return;
  if (slot.part.top_level) {
    if (!has_mime_version) out.added.emplace_back("MIME-Version", " 1.0");
    for (PartFieldEdit& edit : edits) {
      if (edit.field) {
        const auto index = static_cast<std::size_t>(edit.field - slot.part.fields.data());
        out.edits.push_back({index, false, std::move(edit.value)});
      } else {
        out.added.emplace_back(edit.name, std::move(edit.value));
      }
    }
    return;
  }
  for (const Field& field : slot.part.fields) {
    const auto edit = std::find_if(edits.begin(), edits.end(),
                                   [&](const PartFieldEdit& e) { return e.field == &field; });
    if (edit == edits.end()) {
      header += message->octets().substr(field.begin, field.end - field.begin);
    } else {
      header += fmt::format("{}:{}\r\n", message->name(field), edit->value);
    }
  }
  for (const PartFieldEdit& edit : edits) {
    if (!edit.field) header += fmt::format("{}:{}\r\n", edit.name, edit.value);
  }
  header += "\r\n";
}

Status Renderer::Impl::render_bodies(const Delivery& delivery, CopyLinks& links,
                                     RenderedCopy& out) const {
  const std::string_view octets = message->octets();
  out.bodies.resize(bodies.size());
  out.headers.resize(bodies.size());
  // Text parts first: the links of a copy are counted in this order (CLICK-8).
  for (const bool plain : {true, false}) {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      const BodySlot& slot = bodies[i];
      if ((slot.part.kind == TextKind::plain) != plain) continue;
      if (Status done = slot.body.render(delivery.index, limit(), links, out.bodies[i]); !done)
        return done;
    }
  }
  std::size_t done = message->body_begin();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const BodySlot& slot = bodies[i];
    RenderedBody& body = out.bodies[i];
    std::string& header = out.headers[i];
    relabel(slot, body, header, out);
    // A new header stands for everything up to the content, its empty line included.
    const std::size_t old_header =
        slot.part.fields.empty() ? slot.part.header_end : slot.part.fields[0].begin;
    out.body.push_back(octets.substr(done, (header.empty() ? slot.part.begin : old_header) - done));
    if (!header.empty()) out.body.push_back(header);
    out.body.push_back(body.content);
    done = slot.part.end;
  }
  out.body.push_back(octets.substr(done));
  // SMTP ends every message with a line end (RFC 5321 4.1.1.4).
  const auto last = std::find_if(out.body.rbegin(), out.body.rend(),
                                 [](std::string_view piece) { return !piece.empty(); });
  if (last != out.body.rend() && !last->ends_with('\n')) out.body.push_back("\r\n");
  out.body_changed = !bodies.empty();
  return ok();
}

void Renderer::Impl::write_head(RenderedCopy& out) const {
  const std::string_view octets = message->octets();
  std::sort(out.edits.begin(), out.edits.end(),
            [](const FieldEdit& a, const FieldEdit& b) { return a.field < b.field; });
  std::size_t done = 0;
  for (const FieldEdit& edit : out.edits) {
    const Field& field = message->fields()[edit.field];
    out.head += octets.substr(done, field.begin - done);
    if (!edit.removed) {
      out.head += message->name(field);
      out.head += ':';
      out.head += edit.value;
      out.head += "\r\n";
    }
    done = field.end;
  }
  out.head += octets.substr(done, message->fields_end() - done);
  for (const auto& [name, value] : out.added) {
    out.head += name;
    out.head += ':';
    out.head += value;
    out.head += "\r\n";
  }
  out.head += "\r\n";
}

Status Renderer::render(const Delivery& delivery, RenderedCopy& out) const {
  out.edits.clear();
  out.added = impl_->settings.added;
  out.head.clear();
  out.body.clear();
  CopyLinks links = impl_->links_of(delivery);
  if (Status done = impl_->render_fields(delivery, links, out); !done) return done;
  if (Status done = impl_->render_bodies(delivery, links, out); !done) return done;
  impl_->write_head(out);
  return ok();
}

Status Renderer::check(const Delivery& delivery) const {
  Expansion scratch;
  const std::size_t limit = impl_->limit();
  std::size_t left = limit;
  const auto fits = [&](const TextTemplate& text, LineBreaks breaks) -> Status {
    if (Status done = text.expand(delivery.index, breaks, limit, scratch); !done) return done;
    if (scratch.size > left) {
      return invalid(fmt::format("its copy would exceed {} octets (limits.message-bytes)", limit));
    }
    left -= scratch.size;
    return ok();
  };
  for (const auto& [field, text] : impl_->fields) {
    if (Status done = fits(text.text(), LineBreaks::as_sent); !done) return done;
  }
  for (const BodySlot& slot : impl_->bodies) {
    if (Status done = fits(slot.body.text(), LineBreaks::crlf); !done) return done;
  }
  for (const auto& [name, text] : impl_->unique_args) {
    if (Status done = fits(text, LineBreaks::as_sent); !done) return done;
  }
  return ok();
}

bool Renderer::has_links() const {
  return impl_->settings.links.tracking &&
         (impl_->list_unsubscribe ||
          std::any_of(impl_->bodies.begin(), impl_->bodies.end(),
                      [](const BodySlot& slot) { return slot.body.has_slots(); }));
}

bool Renderer::same_for_all(std::size_t recipients) const {
  if (has_links()) return false;
  const bool has_tags =
      !impl_->fields.empty() ||
      std::any_of(impl_->bodies.begin(), impl_->bodies.end(),
                  [](const BodySlot& slot) { return slot.body.text().has_tags(); });
  return !has_tags || impl_->tags.is_uniform(recipients);
}

std::vector<TextPair> Renderer::unique_args(std::size_t index) const {
  std::vector<TextPair> out;
  Expansion scratch;
  for (const auto& [name, text] : impl_->unique_args) {
    const Status done = text.expand(index, LineBreaks::as_sent, impl_->limit(), scratch);
    out.emplace_back(name, done ? scratch.text() : text.text());
  }
  return out;
}

std::size_t RenderedCopy::size() const {
  std::size_t total = head.size();
  for (const std::string_view piece : body) total += piece.size();
  return total;
}

std::string RenderedCopy::octets() const {
  std::string out;
  out.reserve(size());
  out += head;
  for (const std::string_view piece : body) out += piece;
  return out;
}

}  // namespace smtpapi
