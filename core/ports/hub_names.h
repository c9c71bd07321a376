// The words that stand for enumerators in messages between notebook and hub.
// Source: docs/sync_protocol.md

#pragma once

#include <optional>
#include <string_view>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// "auto", "open", "resolved".
std::string_view ToString(ConflictStatus status);
std::optional<ConflictStatus> ParseConflictStatus(std::string_view text);

/// "delta", "resolve", "repair", "purge", "skip".
/// The code of a result that stands for a number given up, not for the entry that had it.
inline constexpr std::string_view kSkippedCode = "skipped";

std::string_view ToString(EntryOp op);
std::optional<EntryOp> ParseEntryOp(std::string_view text);

/// "ok", "first", "epoch_changed", "cursor_gone", "device_forked".
std::string_view ToString(HelloVerdict verdict);
std::optional<HelloVerdict> ParseHelloVerdict(std::string_view text);

/// "accepted", "merged", "conflict", "duplicate", "rejected", "clock_skew", "gap", "retry".
std::string_view ToString(PushStatus status);
std::optional<PushStatus> ParsePushStatus(std::string_view text);

/// "ready", "heartbeat", "context_changed", "lagged".
std::string_view ToString(EventFrame::Type type);
std::optional<EventFrame::Type> ParseEventType(std::string_view text);

/// The `error.code` of a refused request: "epoch_changed", "cursor_gone", …
std::string_view ToString(HubFault fault);

}  // namespace contextsync
