// A random schedule of three notebooks that fight over one path, above and below it, and what must
// hold after every item of the feed.

#pragma once

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/hub/hub_fixture.h"

namespace contextsync {

class DisputeSchedule {
 public:
  explicit DisputeSchedule(std::uint64_t seed);

  /// Runs `steps` random steps, then lets everybody push and pull.
  void Run(int steps);

  void CheckReplicas();
  void CheckItems();
  void CheckWhatIsLeftOut();
  void EndWithAKnowingWrite();

 private:
  struct Device {
    Device(TestHub& hub, std::uint64_t id) : notebook(hub, id) {
      notebook.rebuilds_at_once = false;
    }

    TestNotebook notebook;
    std::size_t sent = 0;                         // of its entries
    std::vector<PushEntry> entries;               // all it ever made
    std::map<std::string, ConflictRecord> known;  // records as of its cursor
  };

  std::size_t Below(std::size_t bound) { return random_() % bound; }
  Device& AnyDevice() { return devices_[Below(devices_.size())]; }

  void Step();
  void Write(Device& device);
  void Resolve(Device& device);
  void Push(Device& device);
  void Pull(Device& device);
  Update RandomUpdate();
  void Keep(Device& device, PushEntry entry);

  using Records = std::map<std::string, ConflictRecord>;
  void CheckStanding(const Records& records, const State& state);
  void CheckItem(const FeedItem& item, const Records& before, const State& state);
  void CheckChange(const PushEntry& entry, const FeedItem& item, const ConflictRecord& before,
                   const State& state);
  [[nodiscard]] std::map<EntryId, PushEntry> Entries() const;

  std::mt19937_64 random_;
  TestHub hub_;
  std::array<Device, 3> devices_{Device(hub_, 0xA), Device(hub_, 0xB), Device(hub_, 0xC)};
};

}  // namespace contextsync
