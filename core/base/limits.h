// Every limit on input, with its reason. They bind the writer, before anything is journalled, and
// never the join: replicas and hub take whatever lawful writers add up to, or they would diverge.

#pragma once

#include <cstddef>

namespace contextsync::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

inline constexpr std::size_t kMessageBytes = 4 * kMiB;   // one protocol message from a client
inline constexpr std::size_t kUpdateBytes = 256 * kKiB;  // `data` of one call, canonical bytes
inline constexpr std::size_t kContextBytes = 4 * kMiB;   // canonical view of one context
inline constexpr std::size_t kDataDepth = 64;            // the outermost container is depth 1
inline constexpr std::size_t kMessageDepth = 256;     // a frame around the data, parsed iteratively
inline constexpr std::size_t kElements = 100'000;     // every value of a message counts
inline constexpr std::size_t kKeyBytes = 256;         // one object key
inline constexpr std::size_t kListElements = 10'000;  // visible elements of one list
inline constexpr std::size_t kContextIdBytes = 200;   // an id is opaque text, never a path
inline constexpr std::size_t kAgentBytes = 128;       // an attribution label
inline constexpr std::size_t kOpIdBytes = 128;        // caller's idempotency key
inline constexpr std::size_t kBatchOperations = 100;  // operations of one batch …
inline constexpr std::size_t kBatchBytes = 1 * kMiB;  // … and their canonical bytes together
inline constexpr std::size_t kContentBytes = 64 * kKiB;  // one insight or progress entry

inline constexpr std::size_t kPushEntries = 256;     // entries of one push …
inline constexpr std::size_t kPushBytes = 1 * kMiB;  // … or bytes, but always one whole transaction
inline constexpr std::size_t kEntryBytes = 7 * kMiB;     // one entry or transaction on the wire
inline constexpr std::size_t kPushBodyBytes = 8 * kMiB;  // the hub's body limit for a push
inline constexpr std::size_t kPageBytes = 1 * kMiB;      // one page of changes or snapshot
inline constexpr std::size_t kPageItems = 500;           // items of one page of changes

inline constexpr std::size_t kAnswerPageBytes = 256 * kKiB;  // a page of list, search, history …
inline constexpr std::size_t kAnswerBytes = 1 * kMiB;        // one whole answer to a client

}  // namespace contextsync::limits
