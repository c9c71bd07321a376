// RelayTools: the tools of one client, wherever the notebook is open. While this process has it,
// calls go straight on; while another has it, they go there and are repeated in the next one when
// that dies; while nobody is known to have it, they wait. Source: docs/architecture.md#relay

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/mutex.h"
#include "core/notebook/refusal.h"
#include "core/ports/clock.h"
#include "core/tools/session.h"
#include "server/mcp/message_sink.h"
#include "server/mcp/tool_handler.h"
#include "server/relay/relay_wire.h"

namespace contextsync {

/// Thread-safety: any thread. Lifetime: all references must outlive it.
class RelayTools final : public ToolHandler {
 public:
  struct Parts {
    ToolHandler& local;
    /// Called before the first call of the session that goes to `local`.
    std::function<void(const SessionPosition&)> resume;
    /// A call waits and the notebook's place is not known. Any thread; returns at once.
    std::function<void()> need;
    Clock& clock;
    Random& random;
    bool has_hub = false;
    /// The branch the client works on now. Any thread.
    std::function<std::string()> branch = {};
  };

  explicit RelayTools(Parts parts);

  [[nodiscard]] std::string_view ToolsJson() const override { return parts_.local.ToolsJson(); }
  [[nodiscard]] bool HasTool(std::string_view name) const override {
    return parts_.local.HasTool(name);
  }
  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override;
  void EndInput(const std::string& session_id) override;

  // ── where the notebook is; called by one thread ──

  /// This process has it, or is opening it. What waits goes on here, in order.
  void GoHere();

  /// Another process has it and takes calls through `holder`. What waits is sent, in order.
  void Attach(std::shared_ptr<mcp::MessageSink> holder, const RelayWelcome& welcome);

  /// Nobody is known to have it. What has no answer yet waits, for a while.
  void Detach(std::string why);

  // ── what the holder says ──

  void OnAnswer(const RelayAnswer& answer, std::string json);
  void OnSignOfLife();

  /// Refuses what has waited too long, passes cancellations on, asks a silent holder whether it
  /// lives. To be called at least every kBeat while not here.
  void Tick();
  static constexpr std::chrono::milliseconds kBeat{100};

  /// Where the session stands, as far as other processes have told.
  [[nodiscard]] SessionPosition position() const;

 private:
  enum class Place { kNowhere, kHere, kElsewhere };

  struct Waiting {
    ToolRequest request;
    std::function<void(ToolAnswer)> done;
    Clock::Instant since;  // it came, or the notebook's place was last lost
    std::string op_id;     // empty: a read
    bool is_sent = false;
  };
  using WaitingCalls = std::map<std::uint64_t, Waiting>;  // by number, which is their order

  /// Calls `local` with all that waits, until this is the place; returns the session that has
  /// ended.
  std::string HandOver();
  /// Takes over what has to wait; returns who has the notebook. Where that is here, nothing is
  /// taken.
  Place KeepUnlessHere(ToolRequest& request, std::function<void(ToolAnswer)>& done);
  void Keep(ToolRequest request, std::function<void(ToolAnswer)> done) REQUIRES(mu_);
  void Send(std::uint64_t number, Waiting& call) REQUIRES(mu_);
  void Ask(Clock::Instant now) REQUIRES(mu_);
  [[nodiscard]] bool IsOverdue(const Waiting& call, Clock::Instant now) const REQUIRES(mu_);
  /// Takes out what nobody wants any more and what has waited too long; the latter is returned.
  WaitingCalls TakeOverdue(Clock::Instant now) REQUIRES(mu_);
  void Refuse(Waiting call, const std::string& why);
  std::string MintOpId(const ToolRequest& request) const;

  const Parts parts_;

  mutable Mutex mu_;
  Place place_ GUARDED_BY(mu_) = Place::kNowhere;
  std::string why_nowhere_ GUARDED_BY(mu_) = "it is still being opened";
  std::shared_ptr<mcp::MessageSink> holder_ GUARDED_BY(mu_);  // null but elsewhere
  std::uint64_t holder_pid_ GUARDED_BY(mu_) = 0;
  Clock::Instant heard_ GUARDED_BY(mu_);  // the holder's last word
  Clock::Instant asked_ GUARDED_BY(mu_);  // when it was last pinged
  SessionPosition position_ GUARDED_BY(mu_);
  std::uint64_t next_number_ GUARDED_BY(mu_) = 1;
  WaitingCalls waiting_ GUARDED_BY(mu_);
  std::string ended_session_ GUARDED_BY(mu_);  // empty until its client sends nothing more
};

}  // namespace contextsync
