// smtpapictl group: unsubscribe groups (ASM-12).
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "store/store.h"

namespace smtpapi::ctl {
namespace {

constexpr Option description_option = {"--description", "TEXT", "at most 100 characters"};
constexpr Option default_option = {
    "--default", "", "offer it on the preferences page when a message\nnames no groups"};
constexpr Option json_option = {"--json", "", "one object, for programs"};

constexpr std::array list_options = {Option{"--json", "", "one object a line, for programs"}};
constexpr std::array add_options = {
    Option{"--id", "ID", "under this number, as asm_group_id names it"},
    description_option,
    default_option,
    json_option,
};
constexpr std::array change_options = {
    Option{"--name", "NAME", "at most 30 characters"},   description_option, default_option,
    Option{"--no-default", "", "do not offer it there"}, json_option,
};
constexpr std::array remove_options = {
    Option{"--force", "", "even if somebody left it"},
    json_option,
};

void write_group(const Call& call, const Group& group) {
  JsonWriter json(call.out);
  json.begin_object();
  json.member("id", group.id);
  json.member("name", group.name);
  json.member("description", group.description);
  json.member("is_default", group.is_default);
  json.member("unsubscribes", group.unsubscribes);
  json.end_object();
  json.end_line();
}

int list(const Call& call) {
  return with_store(call, [&](Store& store) {
    const auto groups = store.groups();
    if (!groups) return store_failed(call, groups.error());
    if (call.arguments.has("--json")) {
      for (const Group& group : *groups) write_group(call, group);
      return EX_OK;
    }
    if (groups->empty()) {
      call.out << "no groups\n";
      return EX_OK;
    }
    Table table({{"ID", Table::Align::right},
                 {"NAME"},
                 {"DEFAULT"},
                 {"UNSUBSCRIBES", Table::Align::right},
                 {"DESCRIPTION"}});
    for (const Group& group : *groups)
      table.add({std::to_string(group.id), shown(group.name), group.is_default ? "yes" : "no",
                 grouped(static_cast<std::size_t>(group.unsubscribes)),
                 shown(group.description, 400)});
    call.out << table.text();
    return EX_OK;
  });
}

int add(const Call& call) {
  const auto id = call.arguments.number("--id", 0, 1);
  if (!id) return call.fail(EX_USAGE, id.error().text);
  Group group;
  group.id = *id;
  group.name = trim(call.arguments.operands()[0]);
  group.description = call.arguments.value("--description").value_or("");
  group.is_default = call.arguments.has("--default");
  return with_store(call, [&](Store& store) {
    const auto added = store.add_group(group);
    if (!added) return store_failed(call, added.error());
    group.id = *added;
    if (call.arguments.has("--json")) {
      write_group(call, group);
    } else {
      fmt::print(call.out, "group {} '{}' added\n", group.id, shown(group.name));
    }
    return EX_OK;
  });
}

/// The group that the first operand names; nothing after a complaint, with `status` set.
std::optional<Group> find_group(const Call& call, Store& store, int& status) {
  const std::string& operand = call.arguments.operands()[0];
  const auto id = to_integer(operand);
  if (!id || *id < 1) {
    status = call.fail(EX_USAGE, fmt::format("'{}' is no group's number", printable(operand, 60)));
    return {};
  }
  const auto groups = store.groups();
  if (!groups) {
    status = store_failed(call, groups.error());
    return {};
  }
  const auto found = std::find_if(groups->begin(), groups->end(),
                                  [&](const Group& group) { return group.id == *id; });
  if (found != groups->end()) return *found;
  status = call.fail(
      found_fault,
      fmt::format("there is no group {}: 'smtpapictl group list' tells which there are", *id));
  return {};
}

int change(const Call& call) {
  const Arguments& arguments = call.arguments;
  if (arguments.has("--default") && arguments.has("--no-default"))
    return call.fail(EX_USAGE, "--default and --no-default exclude each other");
  const auto name = arguments.value("--name");
  const auto description = arguments.value("--description");
  const bool is_default = arguments.has("--default");
  if (!name && !description && !is_default && !arguments.has("--no-default"))
    return call.fail(EX_USAGE,
                     "change what? Give --name, --description, --default or --no-default");
  return with_store(call, [&](Store& store) {
    int status = EX_OK;
    auto group = find_group(call, store, status);
    if (!group) return status;
    if (name) group->name = trim(*name);
    if (description) group->description = *description;
    if (is_default || arguments.has("--no-default")) group->is_default = is_default;
    if (const Status changed = store.change_group(*group); !changed)
      return store_failed(call, changed.error());
    if (arguments.has("--json")) {
      write_group(call, *group);
    } else {
      fmt::print(call.out, "group {} '{}' changed\n", group->id, shown(group->name));
    }
    return EX_OK;
  });
}

int remove(const Call& call) {
  return with_store(call, [&](Store& store) {
    int status = EX_OK;
    const auto group = find_group(call, store, status);
    if (!group) return status;
    const auto unsubscribes = static_cast<std::size_t>(group->unsubscribes);
    if (unsubscribes > 0 && !call.arguments.has("--force"))
      return call.fail(
          found_fault,
          fmt::format("{} left group {} '{}', which would be forgotten: keep them with 'smtpapictl "
                      "suppression export --group {}', then give --force",
                      counted(unsubscribes, "address", "addresses"), group->id, shown(group->name),
                      group->id));
    if (const Status gone = store.remove_group(group->id); !gone)
      return store_failed(call, gone.error());
    if (call.arguments.has("--json")) {
      write_group(call, *group);
    } else {
      fmt::print(call.out, "group {} '{}' removed, with {}\n", group->id, shown(group->name),
                 counted(unsubscribes, "unsubscribe", "unsubscribes"));
    }
    return EX_OK;
  });
}

constexpr std::array commands = {
    Command{"group list", "", 0, 0, "Lists groups and how many addresses left them", list_options,
            "", list},
    Command{"group add", "NAME", 1, 1, "Makes a group", add_options,
            "NAME has at most 30 characters and is no other group's. Without --id the group\n"
            "gets a new number. To move from SendGrid, give the numbers that groups have\n"
            "there: the application's asm_group_id then needs no change.",
            add},
    Command{"group change", "ID", 1, 1, "Changes a group's name and texts", change_options, "",
            change},
    Command{"group remove", "ID", 1, 1, "Removes a group and forgets who left it", remove_options,
            "Mail that names the group is sent on; its unsubscribe links leave everything.",
            remove},
};

}  // namespace

std::span<const Command> group_commands() { return commands; }

}  // namespace smtpapi::ctl
