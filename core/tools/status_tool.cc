#include "core/tools/status_tool.h"

#include "core/base/hex.h"
#include "core/document/json.h"
#include "core/ports/hub_messages.h"
#include "core/tools/envelope.h"
#include "core/tools/schema.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

// What users were promised; shown beside what was measured.
constexpr double kTargetSuccessRate = 0.999;
constexpr double kTargetLatencyMs = 100;
constexpr double kTargetCacheHitRate = 0.85;
constexpr double kTargetConflictRate = 0.001;

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json TimeOrNull(const std::optional<UnixMillis>& time) {
  return time ? Json(FormatTimestamp(*time)) : Json();
}

Json LinkName(LinkState link) {
  switch (link) {
    case LinkState::kNone:
      return nullptr;
    case LinkState::kOnline:
      return "online";
    case LinkState::kOffline:
      return "offline";
    case LinkState::kStalled:
      return "stalled";
    case LinkState::kUnauthorized:
      return "unauthorized";
    case LinkState::kUpgradeRequired:
      return "upgrade_required";
  }
  return nullptr;
}

Json ChannelName(ChannelState channel) {
  switch (channel) {
    case ChannelState::kNone:
      return nullptr;
    case ChannelState::kConnected:
      return "connected";
    case ChannelState::kConnecting:
      return "connecting";
    case ChannelState::kClosed:
      return "closed";
  }
  return nullptr;
}

Json CircuitName(CircuitState circuit) {
  switch (circuit) {
    case CircuitState::kNone:
      return nullptr;
    case CircuitState::kClosed:
      return "closed";
    case CircuitState::kOpen:
      return "open";
    case CircuitState::kHalfOpen:
      return "half_open";
  }
  return nullptr;
}

const char* HealthName(NotebookHealth health) {
  switch (health) {
    case NotebookHealth::kOpening:
      return "opening";
    case NotebookHealth::kNormal:
      return "normal";
    case NotebookHealth::kStorageFull:
      return "storage_full";
    case NotebookHealth::kDegraded:
      return "degraded";
    case NotebookHealth::kUnavailable:
      return "unavailable";
  }
  return "unavailable";
}

Json MetricsToJson(const SyncMetrics& metrics, const NotebookSummary& summary) {
  std::optional<double> conflict_rate;
  if (summary.own_confirmed > 0) {
    conflict_rate =
        static_cast<double>(summary.conflicts_total) / static_cast<double>(summary.own_confirmed);
  }
  return {{"total_syncs", metrics.total_syncs},
          {"success_rate", OrNull(metrics.success_rate)},
          {"avg_latency_ms", OrNull(metrics.avg_latency_ms)},
          {"p50_ms", OrNull(metrics.p50_ms)},
          {"p99_ms", OrNull(metrics.p99_ms)},
          {"cache_hit_rate", OrNull(metrics.cache_hit_rate)},
          {"conflict_rate", OrNull(conflict_rate)},
          {"targets",
           {{"success_rate", kTargetSuccessRate},
            {"avg_latency_ms", kTargetLatencyMs},
            {"p99_ms", kTargetLatencyMs},
            {"cache_hit_rate", kTargetCacheHitRate},
            {"conflict_rate", kTargetConflictRate}}}};
}

Json RecoveryToJson(const std::optional<Recovery>& recovery) {
  if (!recovery) return nullptr;
  const bool is_lost = recovery->lost_to.value != 0;  // else only the device id is another one
  return {{"at", FormatTimestamp(recovery->at)},
          {"lost_from", is_lost ? Json(recovery->lost_from.value) : Json()},
          {"lost_to", is_lost ? Json(recovery->lost_to.value) : Json()},
          {"message", recovery->message}};
}

Json LastErrorToJson(const std::optional<SyncError>& error) {
  if (!error) return nullptr;
  return {{"code", error->code},
          {"message", error->message},
          {"hint", error->hint},
          {"at", FormatTimestamp(error->at)}};
}

class StatusOperation final : public Operation {
 public:
  StatusOperation(const Identity& identity, Workspace& workspace, const std::string& version,
                  std::string agent)
      : Operation("status"),
        identity_(identity),
        workspace_(workspace),
        version_(version),
        agent_(std::move(agent)) {}

  std::optional<Refusal> Run(const Notebook& notebook) override {
    summary_ = notebook.Summary();
    Target branch;
    branch.level = Level::kBranch;
    branch_ = ResolveTarget(branch, identity_, notebook).id;
    return std::nullopt;
  }

  [[nodiscard]] bool NeedsNotebook() const override { return false; }

  [[nodiscard]] std::string Data() const override {
    const bool has_hub = !identity_.hub.empty();
    const auto open = workspace_.Acquire(Clock::Instant{});
    const auto sync = open.ok() ? open.value().gate.Status() : SyncStatus{};
    const auto light = LightFor(has_hub, sync, summary_.parked);
    return CompactText(
        {{"indicator", light.indicator},
         {"icon", light.icon},
         {"color", light.color},
         {"age_seconds", AgeSeconds(has_hub, sync)},
         {"last_sync_at", TimeOrNull(sync.last_sync_at)},
         {"link", LinkName(has_hub && !open.ok() ? LinkState::kOffline : sync.link)},
         {"websocket", ChannelName(has_hub && !open.ok() ? ChannelState::kClosed : sync.channel)},
         {"circuit", CircuitName(has_hub && !open.ok() ? CircuitState::kClosed : sync.circuit)},
         {"pending", has_hub ? summary_.pending : 0},
         {"oldest_pending_seconds", OldestPendingSeconds(has_hub)},
         {"parked", summary_.parked},
         {"conflicts_open", summary_.conflicts_open},
         {"notebook", NotebookToJson()},
         {"metrics", MetricsToJson(sync.metrics, summary_)},
         {"identity", IdentityToJson()},
         {"last_error", LastErrorToJson(open.ok() ? ErrorOf(sync) : ErrorOf(open.failure()))},
         {"version", version_},
         {"protocol", kProtocolVersion}});
  }

  void set_now(UnixMillis now) { now_ = now; }

 private:
  /// Why the notebook is not open; nothing while it is still being opened.
  [[nodiscard]] std::optional<SyncError> ErrorOf(const Refusal& refusal) const {
    if (workspace_.Health() == NotebookHealth::kOpening) return std::nullopt;
    return SyncError{std::string(ToString(refusal.code)), refusal.message, refusal.hint, now_};
  }

  /// What went wrong last, or that the hub is not the one this client was configured for.
  [[nodiscard]] std::optional<SyncError> ErrorOf(const SyncStatus& sync) const {
    if (sync.last_error || !identity_.other_hub) return sync.last_error;
    const auto name = [](const std::string& hub) { return hub.empty() ? "no hub" : hub; };
    return SyncError{
        "hub_differs",
        "This client is configured for " + name(*identity_.other_hub) +
            ", but the notebook is open in a process that uses " + name(identity_.hub) + ".",
        "Give all clients of one data directory the same hub, then restart them.", now_};
  }

  [[nodiscard]] Json OldestPendingSeconds(bool has_hub) const {
    if (!has_hub || !summary_.oldest_pending) return nullptr;
    constexpr double kMillisPerSecond = 1000;
    return static_cast<double>(std::max<UnixMillis>(now_ - *summary_.oldest_pending, 0)) /
           kMillisPerSecond;
  }

  [[nodiscard]] Json NotebookToJson() const {
    return {{"contexts", summary_.contexts},
            {"bytes", summary_.bytes},
            {"recovery", RecoveryToJson(summary_.recovery)},
            {"state", HealthName(workspace_.Health())}};
  }

  [[nodiscard]] Json IdentityToJson() const {
    return {{"agent", agent_},
            {"device", summary_.device.value == 0 ? Json() : Json(ToHex16(summary_.device.value))},
            {"workspace", identity_.workspace},
            {"hub", identity_.hub.empty() ? Json() : Json(identity_.hub)},
            {"project", identity_.project},
            {"branch", branch_.empty() ? identity_.branch : branch_},
            {"task", identity_.task ? Json(*identity_.task) : Json()}};
  }

  const Identity identity_;
  Workspace& workspace_;
  const std::string& version_;
  const std::string agent_;
  UnixMillis now_ = 0;
  NotebookSummary summary_;
  std::string branch_;  // as derived for calls that name none; empty while no notebook is open
};

Refusal UnknownStatusParameter(const std::string& name) {
  return {RefusalCode::kUnknownParameter,
          "`status` takes no arguments.",
          "Call it with {}.",
          {{"parameter", name}, {"did_you_mean", nullptr}}};
}

}  // namespace

Json StatusTool::Describe() const {
  return DescribeStatus();
}

Checked<std::unique_ptr<Operation>> StatusTool::Prepare(const ToolCall& call) {
  if (!call.arguments.empty()) return UnknownStatusParameter(call.arguments.begin().key());
  const auto& client = call.session.client_name();
  std::string agent = !identity_.agent.empty() ? identity_.agent
                      : client.empty()         ? "agent"
                                               : client;
  Identity identity = identity_;
  if (!call.branch.empty()) identity.branch = call.branch;
  auto operation =
      std::make_unique<StatusOperation>(identity, workspace_, version_, std::move(agent));
  operation->set_now(clock_.WallMillis());
  return std::unique_ptr<Operation>(std::move(operation));
}

}  // namespace contextsync
