// smtpapictl suppression export: what import reads.
#include <fmt/ostream.h>

#include "milter/ctl/suppression_csv.h"
#include "milter/ctl/suppression_options.h"
#include "milter/ctl/suppression_transfer.h"

namespace smtpapi::ctl {

int export_suppressions(const Call& call) {
  const auto named = read_named_list(call.arguments);
  if (!named) return call.fail(EX_USAGE, named.error().text);
  return with_store(call, [&](Store& store) {
    call.out << suppression_csv_head();
    SuppressionQuery query{.list = named->list, .group = named->group, .limit = 5'000};
    while (call.out) {
      const auto page = store.suppressed(query);
      if (!page) return store_failed(call, page.error());
      for (const ListedSuppression& listed : *page)
        call.out << suppression_csv_line(listed.suppression);
      if (page->size() < query.limit) break;
      query.after = page->back().id;
    }
    return EX_OK;
  });
}

}  // namespace smtpapi::ctl
