// Every delay and bound of the hub's listener, with its reason.

#pragma once

#include <chrono>
#include <cstddef>

#include "core/base/limits.h"

namespace contextsync {

/// A struct, so that tests can shorten what the program keeps.
struct HubTuning {
  // One absolute deadline per phase: a timeout per read is defeated by a byte now and then.
  std::chrono::milliseconds header_deadline{10'000};
  std::chrono::milliseconds body_deadline{30'000};
  std::chrono::milliseconds answer_deadline{60'000};  // above the longest long poll
  std::chrono::milliseconds write_deadline{30'000};
  std::chrono::milliseconds idle_deadline{60'000};
  // How long a refused request may go on sending before the connection is cut: without it the reset
  // that follows unread bytes would destroy the answer on its way.
  std::chrono::milliseconds linger_deadline{2'000};

  std::size_t header_bytes = 16 * limits::kKiB;
  std::size_t connections =
      1024;  // about 10 KiB each, far below the usual descriptor limit's double
  std::size_t connections_per_address = 64;
  std::size_t failed_auth_per_minute = 10;

  std::size_t outbox_frames = 256;
  std::size_t outbox_bytes = limits::kMiB;
  std::size_t inbound_frame_bytes = 64 * limits::kKiB;
  std::chrono::milliseconds drain_deadline{30'000};  // overflowed or stuck for longer: closed
  std::chrono::milliseconds token_check_interval{60'000};
  std::chrono::milliseconds socket_idle{60'000};  // no byte, not even a pong
  std::chrono::milliseconds heartbeat{5'000};     // notebooks call 7.5 s without one stale
  std::chrono::milliseconds tick{1'000};          // how soon a revoked token is noticed
  std::chrono::milliseconds accept_pause{100};    // after running out of descriptors

  std::chrono::milliseconds longest_poll{25'000};     // below what proxies cut off (30 s)
  std::size_t inline_body_bytes = 16 * limits::kKiB;  // parsed at once; above it a worker does it
};

inline constexpr std::size_t kSmallBodyBytes = 64 * limits::kKiB;

/// Values in one request body. A push of many small entries has far more than one entry may have.
inline constexpr std::size_t kBodyElements = 2'000'000;

}  // namespace contextsync
