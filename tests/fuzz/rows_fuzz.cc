// Any bytes as a row of the stores: damage is told, and what is read can be written and read again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "core/document/drop.h"
#include "core/hub/hub_records.h"
#include "core/notebook/records.h"

namespace contextsync {
namespace {

template <typename Row>
void CheckHubRow(std::string_view bytes, Result<Row> (*decode)(std::string_view),
                 std::string (*encode)(const Row&)) {
  const auto row = decode(bytes);
  if (row.ok()) CONTEXTSYNC_CHECK(decode(encode(row.value())).ok());
}

template <typename Row>
void CheckRow(std::string_view bytes) {
  const auto row = Decode<Row>(bytes);
  if (row.ok()) CONTEXTSYNC_CHECK(Decode<Row>(Encode(row.value())).ok());
}

}  // namespace
}  // namespace contextsync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace contextsync;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the fuzzer's interface gives
  // bytes.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckHubRow(bytes, &DecodeHead, &EncodeHead);
  CheckHubRow(bytes, &DecodeDevice, &EncodeDevice);
  CheckHubRow(bytes, &DecodeResult, &EncodeResult);
  CheckHubRow(bytes, &DecodeItem, &EncodeItem);
  CheckHubRow(bytes, &DecodeContext, &EncodeContext);
  CheckHubRow(bytes, &DecodeConflict, &EncodeConflict);
  CheckRow<Meta>(bytes);
  CheckRow<DocumentHeader>(bytes);
  CheckRow<JournalEntry>(bytes);
  CheckRow<ParkedEntry>(bytes);
  CheckRow<OperationRecord>(bytes);
  CheckRow<HistoryRecord>(bytes);
  CheckRow<ChangeRecord>(bytes);
  CheckRow<ConflictRecord>(bytes);
  static_cast<void>(DecodeDrops(bytes));
  return 0;
}
