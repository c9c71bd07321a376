// What an agent is told of the notebook without having asked: a digest when it begins to work, a
// line when others changed something. Facts, never commands: what looks like an order from nowhere
// is rightly distrusted. Source: docs/hooks.md#what-the-agent-is-told

#pragma once

#include <cstddef>
#include <string>

#include "core/notebook/notebook.h"
#include "core/tools/identity.h"

namespace contextsync {

// About four bytes are a token: 1 500 tokens, and less for a helper.
inline constexpr std::size_t kDigestBytes = 5'600;
inline constexpr std::size_t kShortDigestBytes = 1'600;

struct HookCue {
  std::string text;      // "3 changes by agent-b on task t1: decisions, blockers"; empty: none
  std::string position;  // from where to look the next time
};

/// Whom it is told, and when: changes of `session` are its own; where that is unknown (empty),
/// those signed by `agent`.
struct CueReader {
  std::string agent;
  std::string session;
  UnixMillis now = 0;
};

/// What matters now, in at most `most_bytes`: the identity's task, open conflicts, what others
/// changed last, and what the notebook knows of branch and project. Empty when it knows nothing.
std::string DigestFor(const Notebook& notebook, const Identity& identity, const CueReader& reader,
                      std::size_t most_bytes);

/// `since` is a position an earlier call gave; empty: nothing is new.
HookCue CueFor(const Notebook& notebook, const CueReader& reader, const std::string& since);

}  // namespace contextsync
