// SQLite keeps what a Store promises.
#include "store/open_store.h"
#include "store_contract.h"

namespace smtpapi {
namespace {

std::unique_ptr<Store> open_sqlite_store(const TemporaryFolder& folder) {
  auto store = open_store("sqlite://" + folder / "store.db", StoreAccess::create);
  if (!store) throw std::runtime_error(store.error().text);
  return *std::move(store);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(Backend{"sqlite", open_sqlite_store}));

}  // namespace
}  // namespace smtpapi
