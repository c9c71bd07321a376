#include "core/tools/synced_tool.h"

#include "core/tools/surroundings.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kOpenWait = seconds(10);       // another process may be letting go of the notebook
constexpr auto kStatusOpenWait = seconds(1);  // a status answers even if the notebook does not open
constexpr auto kPreSyncWait =
    milliseconds(60);                         // best effort: a read may be a little old, never late
constexpr auto kForcedPullWait = seconds(2);  // force_refresh
constexpr auto kPostSyncWait = milliseconds(80);  // long enough for a near hub, too short to annoy
constexpr auto kCloudWait = seconds(5);           // require:"cloud"

bool IsWrite(const Operation& operation) {
  return operation.receipt() != nullptr;
}

Refusal Forbidden() {
  return {RefusalCode::kForbidden,
          "The hub's token of this notebook may only read.",
          "Ask the operator for a token with role write.",
          {{"role", "read"}, {"needed", "write"}}};
}

Refusal NotConfirmed(const Operation& operation, const std::string& op_id, bool has_hub) {
  const auto& written = operation.receipt()->writes.back();
  Refusal refusal{RefusalCode::kNotConfirmed,
                  "The write is durable here, but the hub did not confirm it in time.",
                  "",
                  {{"op_id", op_id}, {"version", written.version}}};
  if (!has_hub) {
    refusal.message = "The write is durable here, and there is no hub that could confirm it.";
    refusal.hint = "The write is kept. Leave `require` out; only a person can set a hub (`--hub`).";
  }
  return refusal;
}

Refusal TooManyWaiting(std::size_t limit) {
  return {RefusalCode::kInvalidArgument,
          "Too many calls of this process wait for a change already.",
          "Cancel one, or ask with wait_ms 0.",
          {{"parameter", "wait_ms"}, {"limit", limit}}};
}

}  // namespace

/// A read that found nothing: everything it needs to look again.
class SyncedTool::Waiting final : public WaitingCall {
 public:
  struct Parts {
    std::unique_ptr<Operation> operation;
    OpenWorkspace workspace;
    Session& session;
    Clock& clock;
    Clock::Instant deadline;
  };

  explicit Waiting(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] Clock::Instant deadline() const override { return parts_.deadline; }

  std::optional<ToolResult> Look() override {
    const auto refusal = parts_.operation->Run(parts_.workspace.notebook);
    if (!refusal && parts_.operation->Patience() > milliseconds(0)) return std::nullopt;
    return Answer(refusal);
  }

  ToolResult GiveUp() override { return Answer(parts_.operation->Run(parts_.workspace.notebook)); }

  ToolResult Refuse(std::size_t limit) override { return Answer(TooManyWaiting(limit)); }

 private:
  ToolResult Answer(const std::optional<Refusal>& refusal) {
    const auto around =
        SurroundingsOf(*parts_.operation, !refusal.has_value(), parts_.workspace, parts_.session);
    const auto now = parts_.clock.WallMillis();
    if (refusal) return FailureAnswer(parts_.operation->name(), now, *refusal, around);
    return SuccessAnswer(*parts_.operation, now, around);
  }

  const Parts parts_;
};

ToolOutcome SyncedTool::Start(const ToolCall& call) {
  auto operation = tool_.Prepare(call);
  if (!operation.ok()) return {Fail(tool_.OperationName(call.arguments), operation.failure()), {}};
  return Execute(std::move(operation).value(), call.session);
}

ToolOutcome SyncedTool::Execute(std::unique_ptr<Operation> owned, Session& session) {
  Operation& operation = *owned;
  const auto called_at = clock_.Now();
  auto open =
      workspace_.Acquire(called_at + (operation.NeedsNotebook() ? kOpenWait : kStatusOpenWait));
  if (!open.ok()) {
    if (operation.NeedsNotebook()) return {Fail(operation.name(), open.failure()), {}};
    return {SuccessAnswer(operation, clock_.WallMillis(),
                          Around{.sync = ClosedSyncBlock(workspace_.HasHub())}),
            {}};
  }
  auto& workspace = open.value();
  PreSync(operation, workspace.gate);
  session.StartAt(workspace.start.value_or(workspace.notebook.Latest()));
  auto refusal = Run(operation, workspace);
  if (!refusal) refusal = AwaitHub(operation, workspace);
  const bool durable = !refusal.has_value();
  if (durable && operation.Patience() > milliseconds(0)) {
    const auto deadline = called_at + operation.Patience();
    return {{},
            std::make_unique<Waiting>(
                Waiting::Parts{std::move(owned), workspace, session, clock_, deadline})};
  }
  if (!refusal) refusal = Confirm(operation, workspace);
  const Around around = SurroundingsOf(operation, durable, workspace, session);
  if (refusal) return {FailureAnswer(operation.name(), clock_.WallMillis(), *refusal, around), {}};
  return {SuccessAnswer(operation, clock_.WallMillis(), around), {}};
}

void SyncedTool::PreSync(const Operation& operation, SyncGate& gate) const {
  const bool force = operation.wishes.force_refresh;
  gate.BeforeCall(clock_.Now() + (force ? milliseconds(kForcedPullWait) : kPreSyncWait), force);
}

std::optional<Refusal> SyncedTool::Run(Operation& operation, OpenWorkspace& workspace) const {
  if (!IsWrite(operation)) return operation.Run(workspace.notebook);
  if (workspace.gate.Status().role == "read") return Forbidden();
  return operation.RunWrite(workspace.notebook);
}

/// Gives the hub a moment; a refusal means that the write was taken back.
std::optional<Refusal> SyncedTool::AwaitHub(Operation& operation, OpenWorkspace& workspace) const {
  if (!IsWrite(operation)) return std::nullopt;
  const auto last = operation.receipt()->last_n;
  if (workspace.has_hub && last != EntryNumber{}) {
    const auto wait = operation.wishes.require_cloud ? milliseconds(kCloudWait) : kPostSyncWait;
    workspace.gate.AfterWrite(last, clock_.Now() + wait);
    if (auto refusal = operation.Withdraw(workspace.notebook)) return refusal;
  }
  operation.RefreshVersions(workspace.notebook);
  return std::nullopt;
}

std::optional<Refusal> SyncedTool::Confirm(Operation& operation, const OpenWorkspace& workspace) {
  if (!IsWrite(operation) || !operation.wishes.require_cloud) return std::nullopt;
  const auto last = operation.receipt()->last_n;
  const bool confirmed =
      workspace.has_hub && (last == EntryNumber{} || workspace.gate.IsConfirmed(last));
  if (confirmed) return std::nullopt;
  return NotConfirmed(operation, operation.op_id(), workspace.has_hub);
}

ToolResult SyncedTool::Fail(const std::string& operation, const Refusal& refusal) const {
  return FailureAnswer(operation, clock_.WallMillis(), refusal,
                       ClosedOrQuickSurroundings(workspace_, clock_.Now()));
}

}  // namespace contextsync
