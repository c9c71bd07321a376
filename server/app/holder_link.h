// HolderLink: from a process that relays to the one that has the notebook open. Source:
// docs/architecture.md#relay

#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "server/app/store_place.h"
#include "server/mcp/unique_fd.h"
#include "server/relay/relay_tools.h"
#include "server/relay/relay_wire.h"

namespace contextsync {

/// What the process that has a notebook open writes into its lock file.
struct HolderNote {
  std::uint64_t pid = 0;
  std::string socket;  // path; empty: it could not listen
  std::string build;
};
std::string Encode(const HolderNote& note);
/// Nothing for what is no such note, or only a part of one.
std::optional<HolderNote> ReadHolderNote(std::string_view text);

/// A socket connected to `path`, however long that is, whose other end belongs to this user.
///
/// Errors: kUnavailable when nobody listens there; kUnauthorized for a foreign process.
Result<mcp::UniqueFd> ConnectToHolder(const std::string& path);

/// Thread-safety: one thread.
class HolderLink {
 public:
  enum class Outcome {
    kUnreached,  // nobody listens, or whoever does is about to leave
    kDenied,     // it takes no calls of ours, and says why
    kGone,       // it took them, and is gone now
  };

  /// Lifetime: `tools` outlives the link.
  HolderLink(StorePlace place, RelayHello hello, RelayTools& tools)
      : place_(std::move(place)), hello_(std::move(hello)), tools_(tools) {}

  /// Relays to whoever has the notebook until that one is gone or `stop`.
  Outcome Visit(const std::stop_token& stop);

  /// Why the last visit came to nothing, for people.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  Result<mcp::UniqueFd> Connect();
  bool OnLine(std::string_view line);
  bool OnReply(RelayReply& reply);

  const StorePlace place_;
  RelayHello hello_;
  RelayTools& tools_;

  std::string trouble_;
  std::string silent_;
  Outcome outcome_ = Outcome::kUnreached;
  std::shared_ptr<mcp::MessageSink> sink_;
  std::optional<RelayAnswer> answer_;  // whose text is the next line
};

}  // namespace contextsync
