// From a message and what is asked of it to a renderer.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "filter/group_tags.h"
#include "mail/address.h"
#include "mail/mime.h"
#include "render/renderer_impl.h"
#include "smtpapi/header_text.h"

namespace smtpapi {
namespace {

/// Fields that never travel on: ours (HDR-4) and Bcc (TO-6).
bool is_removed(std::string_view name) {
  return is_header_of_ours(name) || equals_ignoring_case(name, "Bcc");
}

/// The address in the From field, or "".
std::string from_address(const Message& message) {
  const Field* from = message.find("From");
  if (!from) return {};
  const auto mailbox = parse_mailbox(unfold(message.value(*from)), true);
  return mailbox ? mailbox->address : std::string();
}

}  // namespace

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
    // RFC 8058 section 3.1: one, and of our List-Unsubscribe.
    const bool is_replaced =
        list_unsubscribe && equals_ignoring_case(name, "List-Unsubscribe-Post");
    if (is_removed(name) || is_replaced) {
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

}  // namespace smtpapi
