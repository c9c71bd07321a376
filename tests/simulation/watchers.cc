#include "tests/simulation/watchers.h"

#include <algorithm>
#include <string>

#include "core/base/check.h"

namespace contextsync::simulation {

void Watchers::Ask(std::size_t machine) {
  if (!machines_[machine]->is_awake()) return;
  AskFor(machine, 1 + universe_.chance.Below(4));
}

bool Watchers::AskFor(std::size_t machine, std::size_t limit) {
  watchers_.resize(machines_.size());
  SimMachine& computer = *machines_[machine];
  Watcher& watcher = watchers_[machine];
  if (!watcher.is_begun) {
    watcher.is_begun = true;
    watcher.begun = watcher.at = computer.notebook().Latest();
    return false;
  }
  ChangesQuery query;
  query.since = watcher.at;
  query.session = computer.name() + ".watcher";
  query.limit = limit;
  const auto answer = computer.notebook().Changes(query);
  CONTEXTSYNC_CHECK(answer.ok());
  if (answer.value().reset) {
    watcher.begun = watcher.at = answer.value().position;
    watcher.told.clear();
    return false;
  }
  for (const ChangeNote& note : answer.value().changes)
    Take(computer, watcher, note);
  watcher.at = answer.value().position;
  return answer.value().more > 0;
}

void Watchers::Take(const SimMachine& machine, Watcher& watcher, const ChangeNote& note) {
  const HubSequence seq = note.place.seq;
  if (seq == HubSequence()) return;  // made on this computer
  const std::string what =
      machine.name() + "'s watcher is told of item " + std::to_string(seq.value);
  if (seq <= watcher.at.seq) universe_.Fail(what + ", which lies behind it");
  if (!watcher.told.insert(seq).second) universe_.Fail(what + " twice");
}

void Watchers::CheckNothingWasMissed() {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    while (AskFor(i, 50)) {
    }
    const SyncPosition position = machines_[i]->notebook().Position();
    std::set<DeviceId> own(position.former.begin(), position.former.end());
    own.insert(position.device);
    const Watcher& watcher = watchers_[i];
    for (const LoggedItem& logged : hub_.log()) {
      const FeedItem& item = logged.stored.item;
      const bool is_news = item.seq > watcher.begun.seq && item.kind != kCollection;
      if (is_news && !own.contains(item.device) && !watcher.told.contains(item.seq))
        universe_.Fail(machines_[i]->name() + "'s watcher was never told of item " +
                       std::to_string(item.seq.value));
    }
  }
}

}  // namespace contextsync::simulation
