// Oracle: what a context must hold and show, worked out from the numbered deltas by the protocol's
// text alone. Shares no code with the join, the renderer or the canonical writer, and is as naive
// as it can be. Source: docs/sync_protocol.md#cells, #render

#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/document/drop.h"
#include "core/document/state.h"

namespace contextsync::simulation {

/// The fold of one context.
class Oracle {
 public:
  /// Takes one numbered item, or an own change that is not numbered yet.
  void Take(const Delta& delta);

  /// Takes what the hub collected: each component goes that has exactly this stamp.
  void Drop(const std::vector<contextsync::Drop>& drops);

  /// What differs from `state`; empty when nothing does.
  [[nodiscard]] std::string Difference(const State& state) const;

  /// The data as canonical JSON; nothing when the context does not exist.
  [[nodiscard]] std::optional<std::string> Text() const;

 private:
  using HeadFact = std::tuple<Stamp, int, std::string>;

  struct ElementFacts {
    Stamp removed;
    std::string bytes;
    std::optional<Stamp> first;
    Stamp last;
  };
  struct PathFacts {
    std::optional<HeadFact> head;
    Stamp cleared;
    std::map<std::string, ElementFacts> elements;
  };

  static void DropElement(PathFacts& facts, const contextsync::Drop& drop);
  [[nodiscard]] Stamp Floor(const std::string& path) const;
  [[nodiscard]] bool IsVisible(const std::string& path) const;
  [[nodiscard]] std::string TextAt(const std::string& path) const;
  [[nodiscard]] std::string ObjectText(const std::string& path) const;
  [[nodiscard]] std::string ListText(const std::string& path) const;
  static std::string ElementDifference(const std::map<std::string, ElementFacts>& facts,
                                       const Cell& cell);

  std::map<std::string, PathFacts> paths_;
};

}  // namespace contextsync::simulation
