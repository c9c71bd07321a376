// Writes JSON lines for document_oracle.py: the deltas of several writers, shuffled and partly
// doubled, and the view a replica that took them all in ended with.
//
// Usage: document_dump [count [seed]]

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "core/document/wire.h"
#include "tests/unit/document/random_update.h"
#include "tests/unit/document/replica.h"

namespace contextsync {
namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;
constexpr UnixMillis kSkew = 3 * 60 * 60 * 1000;
constexpr int kWrites = 8;

Json ViewToJson(const View& view) {
  Json parent;
  if (view.parent)
    parent = Json{{"level", ToString(view.parent->level)}, {"context_id", view.parent->id}};
  return Json{{"exists", view.exists},
              {"data", view.data},
              {"parent", parent},
              {"created_at", view.created_at}};
}

// Two writers that sometimes hear of each other, and a third that hears of everything in its own
// order.
Json MakeCase(std::uint64_t seed) {
  RandomUpdates random(seed);
  std::vector<Replica> writers = {Replica(1, kNow), Replica(2, kNow + kSkew)};
  std::vector<Delta> deltas;
  for (int i = 0; i < kWrites; ++i) {
    const std::size_t at = random.Below(2);
    const Compiled compiled = writers[at].Write(random.Any(writers[at].view().data));
    if (!compiled.changed) continue;
    deltas.push_back(compiled.delta);
    if (random.OneIn(2)) writers[1 - at].Take(compiled.delta);
    if (random.OneIn(4)) deltas.push_back(compiled.delta);
  }
  for (std::size_t i = deltas.size(); i > 1; --i)
    std::swap(deltas[i - 1], deltas[random.Below(i)]);

  Replica reader(3, kNow);
  Json wire = Json::array();
  for (const Delta& delta : deltas) {
    reader.Take(delta);
    wire.push_back(random.OneIn(3) ? StateToWire(delta) : DeltaToWire(delta));
  }
  return Json{{"deltas", wire}, {"view", ViewToJson(reader.view())}};
}

}  // namespace
}  // namespace contextsync

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20'261'122;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::cout << contextsync::CompactText(contextsync::MakeCase(seed + i)) << "\n";
  }
  return 0;
}
