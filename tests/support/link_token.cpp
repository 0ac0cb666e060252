// Prints the token of a link, for tests that follow it: link_token KEYFILE KIND SUBMISSION INDEX
// RECIPIENT [URL PLACE | GROUP [SHOWN...]]. KIND as in LinkKind. Group 0: none.
#include <cstdio>
#include <cstdlib>

#include "track/keys.h"
#include "track/urls.h"

int main(int argc, char** argv) {
  using namespace smtpapi;
  if (argc < 6) return 64;
  const auto keys = LinkKeys::load(argv[1]);
  if (!keys) {
    std::fprintf(stderr, "%s\n", keys.error().text.c_str());
    return 78;
  }
  Link link;
  link.kind = static_cast<LinkKind>(std::atoi(argv[2]));
  link.submission_id = argv[3];
  link.index = static_cast<std::size_t>(std::atoi(argv[4]));
  link.recipient = argv[5];
  if (link.kind == LinkKind::click) {
    if (argc > 6) link.url = argv[6];
    if (argc > 7) link.place = static_cast<std::size_t>(std::atoi(argv[7]));
  } else {
    if (argc > 6 && std::atoi(argv[6]) != 0) link.group = std::atoi(argv[6]);
    for (int i = 7; i < argc; ++i) link.groups.push_back(std::atoi(argv[i]));
  }
  std::printf("%s%s\n", std::string(path_of(link.kind)).c_str(), keys->token(link).c_str());
}
