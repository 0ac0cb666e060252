#include "event/webhook_json.h"

#include <algorithm>
#include <initializer_list>

#include "base/encode.h"

namespace smtpapi {
namespace {

using Kinds = std::uint32_t;

constexpr Kinds kinds(std::initializer_list<EventKind> list) {
  Kinds set = 0;
  for (const EventKind kind : list) set |= 1u << static_cast<unsigned>(kind);
  return set;
}

using enum EventKind;
constexpr Kinds group_kinds = kinds({group_unsubscribe, group_resubscribe});
constexpr Kinds delivery_kinds = kinds({delivered, deferred, bounce});

// The table of EVT-9: which kinds have a field.
constexpr Kinds have_message_id = kinds({processed, dropped}) | delivery_kinds;
constexpr Kinds have_group =
    kinds({processed, dropped, open, click}) | delivery_kinds | group_kinds;
constexpr Kinds have_ip = kinds({open, click}) | delivery_kinds | group_kinds;
constexpr Kinds have_useragent = kinds({open, click}) | group_kinds;
constexpr Kinds have_reason = kinds({dropped, bounce});
constexpr Kinds have_response = kinds({delivered, deferred});
constexpr Kinds have_bounce = kinds({bounce});
constexpr Kinds have_attempt = kinds({deferred});
constexpr Kinds have_tls = kinds({delivered, bounce});
constexpr Kinds have_url = kinds({click}) | group_kinds;
constexpr Kinds have_url_offset = kinds({click});
constexpr Kinds have_schedule = kinds({processed});
constexpr Kinds have_open = kinds({open});
constexpr Kinds have_verdict = kinds({open, click});

/// Members are added as they come and written in order.
class Object {
 public:
  void string(std::string_view name, std::string_view text) {
    std::string value;
    append_json_string(value, text);
    literal(name, std::move(value));
  }
  void string_if_known(std::string_view name, std::string_view text) {
    if (!text.empty()) string(name, text);
  }
  void number(std::string_view name, std::int64_t value) { literal(name, std::to_string(value)); }
  void boolean(std::string_view name, bool value) { literal(name, value ? "true" : "false"); }
  void literal(std::string_view name, std::string value) {
    std::string key;
    append_json_string(key, name);
    members_.push_back({std::move(key), std::move(value)});
  }

  /// Members that come later under a name that is there already are left out.
  void write(std::string& out) {
    const auto name = [](const Member& member) {
      return std::string_view(member.key).substr(0, member.key.size() - 1);
    };
    const auto before = [&](const Member& a, const Member& b) { return name(a) < name(b); };
    const auto equal = [](const Member& a, const Member& b) { return a.key == b.key; };
    std::stable_sort(members_.begin(), members_.end(), before);
    members_.erase(std::unique(members_.begin(), members_.end(), equal), members_.end());
    char separator = '{';
    for (const Member& member : members_) {
      out += separator;
      out += member.key;
      out += ':';
      out += member.value;
      separator = ',';
    }
    out += '}';
  }

 private:
  struct Member {
    std::string key;  ///< in quotes
    std::string value;
  };
  std::vector<Member> members_;
};

std::string category_value(const EventContext& context) {
  std::string out;
  if (!context.category_is_array && context.category.size() == 1) {
    append_json_string(out, context.category[0]);
    return out;
  }
  char separator = '[';
  for (const std::string& category : context.category) {
    out += separator;
    append_json_string(out, category);
    separator = ',';
  }
  return out + ']';
}

void add_delivery(Object& object, const Event& event, Kinds kind) {
  if (kind & have_reason) object.string_if_known("reason", event.reason);
  if (kind & have_response) object.string_if_known("response", event.response);
  if (kind & have_bounce) {
    object.string_if_known("status", event.status);
    object.string_if_known("type", event.bounce_type);
    object.string_if_known("bounce_classification", event.classification);
  }
  if (kind & have_attempt && event.attempt > 0)
    object.string("attempt", std::to_string(event.attempt));
  if (kind & have_tls && event.tls) object.number("tls", *event.tls ? 1 : 0);
}

void add_engagement(Object& object, const Event& event, Kinds kind, const WebhookFormat& format) {
  if (kind & have_useragent) object.string_if_known("useragent", event.useragent);
  if (kind & have_url) object.string_if_known("url", event.url);
  if (kind & have_url_offset && event.link) {
    object.literal("url_offset", "{\"index\":" + std::to_string(*event.link) + ",\"type\":\"" +
                                     std::string(to_string(event.link_type)) + "\"}");
  }
  if (kind & have_open) {
    object.boolean("sg_machine_open", !event.machine.empty());
    object.string("sg_content_type", event.link_type == LinkType::amp ? "amp" : "html");
  }
  if (kind & have_verdict && format.extra_fields) {
    object.string("smtpapi_verdict", event.machine.empty() ? "human" : "machine");
    object.string_if_known("smtpapi_verdict_reason", event.machine);
  }
}

void add_schedule(Object& object, const EventContext& context) {
  object.number("send_at", context.send_at);
  if (context.pool.empty()) return;
  std::string pool = "{\"id\":" + std::to_string(pool_number(context.pool)) + ",\"name\":";
  append_json_string(pool, context.pool);
  object.literal("pool", pool + "}");
}

}  // namespace

std::string short_host(std::string_view hostname) {
  std::string out(hostname.substr(0, hostname.find('.')));
  std::replace_if(
      out.begin(), out.end(),
      [](char c) {
        return !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9');
      },
      '-');
  return out.empty() ? "localhost" : out;
}

std::int64_t pool_number(std::string_view name) {
  std::uint32_t hash = 2'166'136'261u;  // FNV-1a
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 16'777'619u;
  }
  return hash >> 1 | 1;  // positive in every language's 32 bits
}

void append_event_json(std::string& out, const Event& event, const EventContext& context,
                       const WebhookFormat& format) {
  const Kinds kind = kinds({event.kind});
  Object object;
  object.string("email", event.recipient);
  object.number("timestamp", to_unix(event.time));
  object.string("event", to_string(event.kind));
  object.string("sg_event_id", event.id);
  const bool is_late = event.kind == EventKind::bounce && event.attempt == after_delivery;
  if (!is_late)
    object.string("sg_message_id", event.submission_id + "." + format.host + "-" +
                                       std::to_string(event.index) + ".0");
  if (kind & have_message_id) object.string_if_known("smtp-id", context.message_id);
  if (!context.category.empty()) object.literal("category", category_value(context));
  if (const auto group = event.group ? event.group : context.group; kind & have_group && group)
    object.number("asm_group_id", *group);
  if (kind & have_ip) object.string_if_known("ip", event.ip);
  if (kind & have_schedule) add_schedule(object, context);
  add_delivery(object, event, kind);
  add_engagement(object, event, kind, format);
  for (const auto& [name, value] : context.unique_args) object.string(name, value);
  object.write(out);
}

}  // namespace smtpapi
