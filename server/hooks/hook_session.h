// HookSession: what is remembered of a conversation between its hooks, each a process of its own:
// the facts of the turn so far, and the state of the repository when it began.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/document/json.h"
#include "server/hooks/hook_event.h"
#include "server/hooks/hook_facts.h"

namespace contextsync {

/// Changed files of a repository, each with what tells one state of it from the next.
using RepositoryState = std::map<std::string, std::string>;

struct HookSession {
  std::string id;            // of the conversation
  std::string identity;      // as JSON text: whose it is, for a hook of another conversation
  std::uint64_t turn = 1;    // counts the operations that were made of it
  HookFacts facts;           // of the turn so far
  std::string task;          // the agent named it in a call
  std::string position;      // up to where it was told of others' changes
  bool has_changed = false;  // files were modified in this conversation
  bool has_written = false;  // the agent wrote to the notebook itself
  bool was_nudged = false;
  std::optional<RepositoryState> before;  // nothing: unknown
  std::vector<std::string> uses;          // of tools, seen in this turn

  /// Takes in what an event tells. An event seen before changes nothing.
  void Note(const HookEvent& event, const HookScope& scope);

  /// Adds the files whose state is another one than when the turn began.
  void NoteRepository(const RepositoryState& now, const HookScope& scope);

  /// The one time the agent is reminded to write: files changed and it wrote nothing. Empty: no.
  std::string TakeNudge();

  /// The facts so far as one operation for HookIntake, nothing when there are none. The same facts
  /// of the same turn are the same operation, however often it is made.
  [[nodiscard]] std::optional<Json> Operation(const Json& whose) const;

  /// The operation is durable: the next turn begins.
  void EndTurn();
};

std::string HookSessionToText(const HookSession& session);

/// A text that is none of ours gives an empty session.
HookSession ReadHookSession(std::string_view text);

/// What the client takes as words for the agent; `text` is not empty.
std::string InjectionFor(const HookEvent& event, const std::string& text);

/// What holds the agent back once more, with the reason.
std::string NudgeFor(const HookEvent& event, const std::string& text);

}  // namespace contextsync
