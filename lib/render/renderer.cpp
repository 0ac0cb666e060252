#include "render/renderer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mail/address.h"
#include "mail/mime.h"
#include "render/renderer_impl.h"

namespace smtpapi {
namespace {

const Field* find_field(const Message& message, const std::vector<Field>& fields,
                        std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return equals_ignoring_case(message.name(field), name);
  });
  return found == fields.end() ? nullptr : &*found;
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

/// What is missing between the header of an empty part and a text that is put into it: the line
/// break in front of the next delimiter was all there was.
std::string_view missing_break(std::string_view octets, const TextPart& part) {
  if (part.top_level || part.header_end < part.begin || part.begin < part.end) return {};
  return octets.substr(0, part.header_end).ends_with('\n') ? "\r\n" : "\r\n\r\n";
}

}  // namespace

Renderer::Renderer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;

/// What belongs to one copy and is not substitution.
CopyLinks Renderer::Impl::links_of(const Delivery& delivery) const {
  CopyLinks links(settings.links.tracking.get(), rules);
  if (settings.links.tracking) {
    links.begin(settings.submission_id, delivery.index, delivery.recipient, document->asm_group_id,
                document->asm_groups_to_display);
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
    const bool goes = !*value;
    out.edits.push_back({field, goes, goes ? std::string() : **std::move(value)});
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
void Renderer::Impl::relabel(const CutBody& slot, const RenderedBody& body, std::string& header,
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
  if (!header.empty() && !header.ends_with('\n')) header += "\r\n";
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
      const CutBody& slot = bodies[i];
      if ((slot.part.kind == TextKind::plain) != plain) continue;
      if (Status done = slot.body.render(delivery.index, limit(), links, out.bodies[i]); !done)
        return done;
    }
  }
  std::size_t done = message->body_begin();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const CutBody& slot = bodies[i];
    RenderedBody& body = out.bodies[i];
    std::string& header = out.headers[i];
    relabel(slot, body, header, out);
    // A new header stands for everything up to the content, its empty line included.
    const std::size_t old_header =
        slot.part.fields.empty() ? slot.part.header_end : slot.part.fields[0].begin;
    out.body.push_back(octets.substr(done, (header.empty() ? slot.part.begin : old_header) - done));
    if (!header.empty())
      out.body.push_back(header);
    else if (!body.content.empty())
      out.body.push_back(missing_break(octets, slot.part));
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
  for (const CutBody& slot : impl_->bodies) {
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
                      [](const CutBody& slot) { return slot.body.has_slots(); }));
}

bool Renderer::same_for_all(std::size_t recipients) const {
  if (has_links()) return false;
  const bool has_tags =
      !impl_->fields.empty() ||
      std::any_of(impl_->bodies.begin(), impl_->bodies.end(),
                  [](const CutBody& slot) { return slot.body.text().has_tags(); });
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
