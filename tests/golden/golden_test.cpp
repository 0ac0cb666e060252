// Whole messages in, whole copies out: each folder NN-name holds `message` (octets as the MTA hands
// them over), `want`, and where needed `envelope` and `settings.json` (the account's). A folder
// whose point is not plain from the message has a `readme`.
//
// `envelope` has lines "from A", "rcpt A [PARAMETERS]", "untrusted", "smtputf8", "scope all",
// "error reject", "tracking" (links can be made; `want` has what they hold in braces, and bodies
// decoded), "gravatar", "trap". Without it the message goes from app@example.org to
// sink@example.org.
//
// With UPDATE_GOLDEN=1 in the environment `want` is written instead of compared: read the
// difference before you keep it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.h"
#include "job/intake.h"
#include "render/body.h"
#include "support/manual_clock.h"
#include "support/show_links.h"

namespace smtpapi {
namespace {

namespace fs = std::filesystem;

const fs::path golden_folder = GOLDEN_FOLDER;
const Time now = from_unix(1'800'000'000);

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const Tracking> tracking() {
  return std::make_shared<const Tracking>("https://l.example",
                                          *LinkKeys::parse(std::string(40, 'k')));
}

struct Case {
  Intaken in;
  IntakeSettings settings;
};

Case read_case(const fs::path& folder) {
  Case c;
  c.settings.hostname = "mx.example.org";
  c.settings.postmaster = "postmaster@example.org";
  c.settings.account_settings = read(folder / "settings.json");
  c.settings.pools = {"bulk"};
  c.in.message = std::make_shared<const Message>(read(folder / "message"));
  c.in.trusted = true;
  c.in.envelope.queue_id = "4QID";
  c.in.envelope.reverse_path = "app@example.org";
  std::istringstream lines(read(folder / "envelope"));
  for (std::string line; std::getline(lines, line);) {
    const auto word = words(line);
    if (word.empty()) continue;
    const std::string value(word.size() > 1 ? word[1] : "");
    if (word[0] == "from") c.in.envelope.reverse_path = value;
    if (word[0] == "rcpt") {
      const auto parameters = line.find(value) + value.size();
      c.in.envelope.recipients.push_back(
          {value, std::string(trim(line.substr(parameters))), "<" + value + ">"});
    }
    if (word[0] == "untrusted") c.in.trusted = false;
    if (word[0] == "smtputf8") c.in.envelope.smtputf8 = true;
    if (word[0] == "scope") c.settings.scope = Scope::all;
    if (word[0] == "tracking") c.settings.links.tracking = tracking();
    if (word[0] == "gravatar") c.settings.links.options.gravatar = true;
    if (word[0] == "trap") c.settings.links.options.trap_link = true;
    if (word[0] == "error") c.settings.error_mode = ErrorMode::reject;
  }
  if (c.in.envelope.recipients.empty()) {
    c.in.envelope.recipients.push_back({"sink@example.org", "", "<sink@example.org>"});
  }
  return c;
}

/// The octets of a copy. With links, encoded bodies are decoded: their lines depend on the tokens.
std::string show_copy(const std::string& octets, const Tracking* links) {
  if (!links) return octets;
  const Message message(octets);
  std::string out;
  std::size_t done = 0;
  for (const TextPart& part : find_bodies(message).bodies) {
    out += octets.substr(done, part.begin - done);
    const auto decoded =
        decode_part(part, message.octets().substr(part.begin, part.end - part.begin));
    out += decoded ? decoded->text : "?";
    done = part.end;
  }
  return show_links(*links, out + octets.substr(done), [](const Link&) {});
}

std::string show(const Decision& decision, const Tracking* links) {
  std::string out = fmt::format("verdict {}\n", to_string(decision.verdict));
  for (const Remark& problem : decision.problems) out += "problem " + to_string(problem) + "\n";
  for (const Remark& warning : decision.warnings) out += "warning " + to_string(warning) + "\n";
  if (!decision.reply.empty()) out += "reply " + decision.reply + "\n";
  for (const Drop& drop : decision.plan.drops) {
    out += fmt::format("drop {} {} ({})\n", drop.index, printable(drop.recipient), drop.reason);
  }
  if (decision.verdict == Verdict::rewrite) {
    for (const std::string& gone : decision.recipients_out) out += "delrcpt " + gone + "\n";
    for (const std::string& added : decision.recipients_in) out += "addrcpt " + added + "\n";
    out += "======== in place\n" + show_copy(decision.rewritten.octets(), links);
  }
  if (decision.verdict == Verdict::strip)
    out += "======== stripped\n" + decision.rewritten.octets();
  if (decision.verdict == Verdict::hold) {
    RenderedCopy copy;
    for (const Delivery& delivery : decision.plan.deliveries) {
      const Status rendered = decision.renderer->render(delivery, copy);
      EXPECT_TRUE(rendered);
      out += fmt::format("======== {} {} due={}{}{}\n", delivery.index, delivery.recipient,
                         to_unix(delivery.due), delivery.kind == CopyKind::bcc ? " bcc" : "",
                         delivery.parameters.empty() ? "" : " " + delivery.parameters);
      for (const auto& [name, value] : decision.renderer->unique_args(delivery.index)) {
        out += fmt::format("unique_arg {}={}\n", name, value);
      }
      out += show_copy(copy.octets(), links);
    }
  }
  return out;
}

class GoldenTest : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenTest, GivesWhatIsWanted) {
  const Case c = read_case(GetParam());
  const ManualClock clock(now);
  const Intake intake(c.settings, nullptr, clock);
  const auto decision = intake.decide(c.in);
  ASSERT_TRUE(decision) << decision.error().text;
  const std::string got = show(*decision, c.settings.links.tracking.get());
  if (std::getenv("UPDATE_GOLDEN")) {
    std::ofstream(GetParam() / "want", std::ios::binary) << got;
    return;
  }
  EXPECT_EQ(got, read(GetParam() / "want"));
}

std::vector<fs::path> folders() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(golden_folder)) {
    if (fs::exists(entry.path() / "message")) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Messages, GoldenTest, testing::ValuesIn(folders()),
                         [](const testing::TestParamInfo<fs::path>& folder) {
                           std::string name = folder.param.filename().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace smtpapi
