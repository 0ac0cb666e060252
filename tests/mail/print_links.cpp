// print_links FILE...: the links of each as describe() writes them, behind a line with "# " and the
// file's name. For links/compare.mjs.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/mail/describe_links.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    std::ostringstream html;
    html << in.rdbuf();
    if (!in) {
      std::fprintf(stderr, "print_links: %s: cannot be read\n", argv[i]);
      return 1;
    }
    std::printf("# %s\n%s", argv[i],
                smtpapi::describe(smtpapi::find_html_links(html.str())).c_str());
  }
}
