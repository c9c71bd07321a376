#include "tests/unit/notebook/states.h"

#include "core/document/codec.h"
#include "core/notebook/keys.h"
#include "core/notebook/records.h"
#include "core/notebook/tables.h"

namespace contextsync::test {

std::map<ContextRef, State> StatesOf(const Desk& desk) {
  const auto meta =
      Decode<Meta>(*desk.store.Get(tables::kMeta, keys::MetaRecord()).value()).value();
  std::map<ContextRef, State> states;
  const auto add = [&](std::string_view key, std::string_view) {
    const auto ref = *keys::ParseHeader(key);
    const auto cells =
        desk.store.Get(tables::kDocuments, keys::Cells(meta.generation, ref)).value();
    auto state = DecodeState(*cells).value();
    if (!state.cells.empty()) states.emplace(ref, std::move(state));
    return true;
  };
  EXPECT_TRUE(
      desk.store.Scan(tables::kDocuments, PrefixRange(keys::Headers(meta.generation)), add).ok());
  return states;
}

std::size_t JournalSize(const Desk& desk) {
  std::size_t size = 0;
  const auto count = [&size](std::string_view, std::string_view) {
    ++size;
    return true;
  };
  EXPECT_TRUE(desk.store.Scan(tables::kJournal, PrefixRange(keys::Entries()), count).ok());
  return size;
}

}  // namespace contextsync::test
