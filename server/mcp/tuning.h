// Every bound and delay of the protocol layer, with its reason.

#pragma once

#include <chrono>
#include <cstddef>

#include "core/base/limits.h"

namespace contextsync::mcp {

// A client may write a thousand requests before it reads one answer. What runs at once is bounded
// by count and by the bytes of the messages it came in, since a parsed message takes many times its
// text.
inline constexpr std::size_t kCallsInFlight = 4096;
inline constexpr std::size_t kCallBytesInFlight = 16 * limits::kMiB;

// Ids are echoed exactly, so a longer one is refused instead of held.
inline constexpr std::size_t kRequestIdBytes = 16 * limits::kKiB;

// What a peer wrote is quoted in errors up to here.
inline constexpr std::size_t kQuotedBytes = 256;

// Errors nobody can match to a request are answered while this budget lasts, then dropped: a peer
// that sends only rubbish must not make us fill its pipe.
inline constexpr int kUnmatchedErrorBurst = 100;
inline constexpr std::chrono::milliseconds kUnmatchedErrorRefill{100};  // one more per this time

// Above this much unread output no further input is taken: the peer has to read first.
inline constexpr std::size_t kOutboxPauseBytes = 1 * limits::kMiB;
// Above this a peer that does not read is treated as gone. Calls already running can still add to
// the outbox after the pause, so this leaves room for dozens of the largest answers.
inline constexpr std::size_t kOutboxLimitBytes = 64 * limits::kMiB;

inline constexpr std::size_t kReadChunkBytes = 64 * limits::kKiB;  // what a pipe holds
// A line buffer that grew beyond this is given back once its line is done.
inline constexpr std::size_t kKeptBufferBytes = 256 * limits::kKiB;

// After the end of input clients wait about two seconds before they send signals.
inline constexpr std::chrono::milliseconds kCallsAfterInput{1000};
inline constexpr std::chrono::milliseconds kFlushAfterInput{500};
// The process that began this one has ended, but somebody still holds the other end of the input. A
// server that nobody asks anything for so long is an orphan.
inline constexpr std::chrono::milliseconds kOrphanPatience{60'000};
// After a signal the most impatient client waits 100 ms; the process as a whole has 80.
inline constexpr std::chrono::milliseconds kCallsAfterSignal{40};
inline constexpr std::chrono::milliseconds kFlushAfterSignal{15};

// Client-side cache hints of the modern revision: both documents are fixed for the life of a
// release.
inline constexpr int kDiscoverTtlMs = 3'600'000;
inline constexpr int kToolsTtlMs = 300'000;

}  // namespace contextsync::mcp
