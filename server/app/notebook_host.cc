#include "server/app/notebook_host.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "server/app/holder_link.h"
#include "server/app/hook_intake.h"
#include "server/app/index_keeper.h"
#include "server/app/purge_once.h"
#include "server/app/status_once.h"
#include "server/app/store_copy.h"
#include "server/app/store_lock.h"
#include "server/app/store_place.h"
#include "server/app/sync_once.h"
#include "server/app/tool_once.h"
#include "server/app/transfer.h"
#include "storage/rocks/notebook_directory.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr auto kProbeGrace = milliseconds(300);     // a probe process lives shorter than this
constexpr auto kCatchUpWait = milliseconds(2'000);  // for the first exchange with the hub
constexpr auto kCatchUpPoll = milliseconds(10);
constexpr auto kLockRetry = milliseconds(50);  // another process is letting go
// Whoever took the lock needs some tens of milliseconds before it listens.
constexpr auto kFirstPause = milliseconds(20);
constexpr auto kLongestPause = milliseconds(250);
// Nothing but a person mends a damaged notebook, and then nobody wants to start this process anew.
constexpr auto kDamagedRetry = milliseconds(2'000);

constexpr std::size_t kPlainNameBytes = 64;
constexpr std::size_t kHashDigits = 32;

bool IsPlainName(const std::string& id) {
  return id.size() <= kPlainNameBytes && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

Refusal Unavailable(const std::string& why, bool is_damaged) {
  return {
      RefusalCode::kStorageUnavailable, "The notebook is not open: " + why + ".",
      is_damaged ? "Ask a person to run `contextsync doctor --recover`, then repeat the call." : "",
      Json::object()};
}

/// Errors that no waiting mends.
bool IsHopeless(const Error& error) {
  return error.code() != ErrorCode::kConflict && !error.retriable();
}

}  // namespace

std::filesystem::path NotebookDirectory(const std::filesystem::path& data_dir,
                                        const WorkspaceId& workspace) {
  const auto& id = workspace.value;
  const auto name = IsPlainName(id) ? id : "w~" + Sha256Hex(id).substr(0, kHashDigits);
  return data_dir / "workspaces" / name;
}

struct NotebookHost::Opened {
  explicit Opened(NotebookLock held) : lock(std::move(held)) {}
  ~Opened() { CloseDoor(); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  NotebookLock lock;
  std::unique_ptr<RocksTableStore> store;
  std::unique_ptr<FileHighWaterMark> mark;
  std::unique_ptr<Notebook> notebook;
  LocalGate local;
  std::unique_ptr<HubConnection> connection;  // null without a hub

  std::unique_ptr<IndexKeeper> keeper;
  std::unique_ptr<OwnerSocket> socket;  // null where none could be made

  ChangePosition start;  // valid once has_start
  std::atomic<bool> has_start = false;

  void CloseDoor() {
    // A command may wait for the engine, which must be there until the command has ended.
    if (connection != nullptr) connection->Stop();
    socket.reset();
  }

  [[nodiscard]] OpenWorkspace View() {
    std::optional<ChangePosition> from;
    if (has_start.load(std::memory_order_acquire)) from = start;
    if (connection == nullptr) return {*notebook, local, false, from};
    return {*notebook, connection->engine(), true, from};
  }

  void NoteStart() {
    start = notebook->Latest();
    has_start.store(true, std::memory_order_release);
  }
};

NotebookHost::NotebookHost(NotebookHostOptions options, Clock& clock, Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      pause_(kFirstPause),
      trouble_("it is still being opened") {}

NotebookHost::~NotebookHost() {
  StopOpening();
}

void NotebookHost::Start(NotebookSharing* sharing) {
  sharing_ = sharing;
  opener_ = std::jthread([this](const std::stop_token& stop) { OpenInBackground(stop); });
}

void NotebookHost::StopOpening() {
  if (!opener_.joinable()) return;
  opener_.request_stop();
  changed_.NotifyAll();
  opener_.join();
}

void NotebookHost::CloseDoor() {
  if (auto* opened = ready_.load(std::memory_order_acquire)) opened->CloseDoor();
}

void NotebookHost::Need() {
  const MutexLock lock(mu_);
  if (std::exchange(is_needed_, true)) return;
  changed_.NotifyAll();
}

void NotebookHost::OpenInBackground(const std::stop_token& stop) {
  WaitForNeed(stop);
  while (!stop.stop_requested()) {
    const auto status = TryOpen();
    NoteOutcome(status);
    if (status.ok()) return WaitToCatchUp(stop);
    if (IsHopeless(status.error()) && !std::exchange(is_told_, true)) {
      CONTEXTSYNC_LOG(kError, "the notebook cannot be opened",
                      {{"reason", status.error().message()}});
    }
    if (!WaitToRetry(stop, PauseAfter(status.error(), stop))) return;
    if (sharing_ != nullptr) sharing_->Tick();
  }
}

/// From here on calls wait for the notebook in this process.
void NotebookHost::TakeCalls() {
  {
    const MutexLock lock(mu_);
    is_elsewhere_ = false;
  }
  sharing_->TakeCalls();
}

void NotebookHost::NoteOutcome(const Status& status) {
  const MutexLock lock(mu_);
  trouble_ = status.ok() ? "" : status.error().message();
  is_hopeless_ = !status.ok() && IsHopeless(status.error());
  is_damaged_ = is_hopeless_ && status.error().code() == ErrorCode::kCorruption;
  is_elsewhere_ =
      sharing_ != nullptr && !status.ok() && status.error().code() == ErrorCode::kConflict;
  changed_.NotifyAll();
}

/// How long to wait before the next attempt. Relays to whoever has the notebook, if somebody has.
milliseconds NotebookHost::PauseAfter(const Error& error, const std::stop_token& stop) {
  const bool is_elsewhere = error.code() == ErrorCode::kConflict;
  // Whoever asks here is told what is wrong.
  if (sharing_ != nullptr && !is_elsewhere) sharing_->TakeCalls();
  if (IsHopeless(error)) return kDamagedRetry;
  if (sharing_ == nullptr || !is_elsewhere) return kLockRetry;
  if (sharing_->VisitHolder(stop)) {
    pause_ = kFirstPause;
    return {};
  }
  return std::exchange(pause_, std::min(2 * pause_, milliseconds(kLongestPause)));
}

void NotebookHost::WaitForNeed(const std::stop_token& stop) {
  const auto until = clock_.Now() + kProbeGrace;
  const MutexLock lock(mu_);
  while (!is_needed_ && !stop.stop_requested() && clock_.Now() < until)
    changed_.WaitUntil(mu_, until);
}

bool NotebookHost::WaitToRetry(const std::stop_token& stop, std::chrono::milliseconds pause) {
  const auto until = clock_.Now() + pause;
  const MutexLock lock(mu_);
  while (!stop.stop_requested() && clock_.Now() < until)
    changed_.WaitUntil(mu_, until);
  return !stop.stop_requested();
}

void NotebookHost::WaitToCatchUp(const std::stop_token& stop) {
  auto* opened = ready_.load(std::memory_order_acquire);
  const auto begun = clock_.Now();
  const auto until = begun + kCatchUpWait;
  const auto is_settled = [this, opened, begun] {
    if (opened->connection == nullptr) return true;
    const auto status = opened->connection->engine().Status();
    const bool has_caught_up = status.age && *status.age <= clock_.Now() - begun;
    return has_caught_up || status.last_error.has_value();
  };
  const MutexLock lock(mu_);
  while (!is_settled() && !stop.stop_requested() && clock_.Now() < until) {
    changed_.WaitUntil(mu_, clock_.Now() + kCatchUpPoll);
  }
  opened->NoteStart();
  if (opened->connection != nullptr) TakeSpool(DoorFor(*opened));
}

HookDoor NotebookHost::DoorFor(Opened& opened) const {
  const auto session_of = [this](const std::vector<std::string>& above) {
    return sharing_ == nullptr ? std::string() : sharing_->SessionOf(above);
  };
  return {*opened.notebook, opened.View().gate,
          SpoolDirectory(options_.data_dir, options_.connection.workspace), session_of};
}

Status NotebookHost::TryOpen() {
  const StorePlace place = NotebookPlace(options_.data_dir, options_.connection.workspace);
  const std::string& directory = place.directory;
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(options_.data_dir.string()));
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(place.socket_directory));
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto held, NotebookLock::Acquire(directory));
  PassFailpoint(Failpoint::kOpenLocked);
  if (sharing_ != nullptr) TakeCalls();
  auto opened = std::make_unique<Opened>(std::move(held));
  CONTEXTSYNC_ASSIGN_OR_RETURN(opened->store, RocksTableStore::Open(place.Options()));
  PassFailpoint(Failpoint::kOpenStoreReady);
  CONTEXTSYNC_ASSIGN_OR_RETURN(opened->mark, FileHighWaterMark::Open(directory));
  PassFailpoint(Failpoint::kOpenMarkReady);
  const bool has_hub = !options_.connection.hub.empty();
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      opened->notebook,
      Notebook::Open(*opened->store, *opened->mark, clock_, random_,
                     {.workspace = options_.connection.workspace, .has_hub = has_hub}));
  opened->notebook->OnCommit([this](const CommitNote& /*note*/) { commits_.Ring(); });
  if (has_hub) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        opened->connection,
        HubConnection::Open(*opened->notebook, clock_, random_, options_.connection));
    PassFailpoint(Failpoint::kOpenConnected);
  }
  // With a hub: once it may have told what the token allows.
  if (!has_hub) TakeSpool(DoorFor(*opened));
  opened->keeper = std::make_unique<IndexKeeper>(*opened->notebook);
  ListenForOwner(*opened);
  PublishNote(*opened);
  const MutexLock lock(mu_);
  opened_ = std::move(opened);
  ready_.store(opened_.get(), std::memory_order_release);
  return {};
}

/// What the door answers, one line per family of commands. Each leaves the others' requests alone.
std::vector<NotebookHost::OwnerAnswer> NotebookHost::OwnerAnswers(Opened& opened) {
  Notebook& notebook = *opened.notebook;
  return {
      [&opened](const Json& request) { return AnswerCopyRequest(*opened.store, request); },
      [&opened, &notebook, this](const Json& request) {
        return AnswerSyncRequest(opened.connection.get(), notebook, clock_, request);
      },
      [this](const Json& request) { return AnswerLeaveRequest(request); },
      [this](const Json& request) {
        const HubConnectionOptions& hub = options_.connection;
        return AnswerStatusRequest({*this, clock_, hub.hub, hub.build}, request);
      },
      [&opened, this](const Json& request) { return AnswerHookRequest(DoorFor(opened), request); },
      [&opened, this](const Json& request) {
        return AnswerToolRequest(opened.View(), clock_, random_, request);
      },
      [&notebook](const Json& request) { return AnswerTransferRequest(notebook, request); },
      [&notebook](const Json& request) { return AnswerPurgeRequest(notebook, request); },
      [&notebook](const Json& request) { return AnswerIndexRequest(notebook, request); },
  };
}

/// Without the door everything works but a backup meanwhile.
void NotebookHost::ListenForOwner(Opened& opened) {
  auto socket = OwnerSocket::Listen(
      NotebookPlace(options_.data_dir, options_.connection.workspace),
      [answers = OwnerAnswers(opened)](const Json& request) -> Result<Json> {
        for (const OwnerAnswer& answer : answers) {
          if (auto told = answer(request)) return std::move(*told);
        }
        return Error(ErrorCode::kInvalidArgument, "there is no such command");
      },
      sharing_ == nullptr ? nullptr : &sharing_->relays());
  if (!socket.ok()) {
    CONTEXTSYNC_LOG(kWarning, "no socket for commands", {{"reason", socket.error().message()}});
    return;
  }
  opened.socket = std::move(socket).value();
}

std::optional<Result<Json>> NotebookHost::AnswerLeaveRequest(const Json& request) const {
  if (!IsLeaveRequest(request)) return std::nullopt;
  if (sharing_ != nullptr && sharing_->relays().AskToLeave())
    return Result<Json>(Json{{"leaves", true}});
  return Result<Json>(Error(ErrorCode::kConflict, "a client needs the notebook here"));
}

/// A hint for those who find the lock taken. Without it they try the usual place.
void NotebookHost::PublishNote(Opened& opened) const {
  const StorePlace place = NotebookPlace(options_.data_dir, options_.connection.workspace);
  const std::string socket =
      opened.socket == nullptr ? "" : place.socket_directory + "/" + place.socket_name;
  const HolderNote note{static_cast<std::uint64_t>(getpid()), socket, options_.connection.build};
  opened.lock.Publish(Encode(note)).IgnoreBecause("it is only a hint");
}

Checked<OpenWorkspace> NotebookHost::Acquire(Clock::Instant deadline) {
  if (auto* opened = ready_.load(std::memory_order_acquire)) return opened->View();
  const MutexLock lock(mu_);
  if (deadline > clock_.Now() && !is_needed_) {
    is_needed_ = true;
    changed_.NotifyAll();
  }
  while (opened_ == nullptr && !is_hopeless_ && !is_elsewhere_ && clock_.Now() < deadline)
    changed_.WaitUntil(mu_, deadline);
  if (opened_ == nullptr) return Unavailable(trouble_, is_damaged_);
  return opened_->View();
}

NotebookHealth NotebookHost::Health() const {
  const auto* opened = ready_.load(std::memory_order_acquire);
  if (opened == nullptr) {
    const MutexLock lock(mu_);
    // Who asks here while another process has it got no answer from that one.
    const bool is_out_of_reach = is_hopeless_ || is_elsewhere_;
    return is_out_of_reach ? NotebookHealth::kUnavailable : NotebookHealth::kOpening;
  }
  switch (opened->store->health()) {
    case StoreHealth::kNormal:
      return NotebookHealth::kNormal;
    case StoreHealth::kStorageFull:
      return NotebookHealth::kStorageFull;
    case StoreHealth::kDegraded:
      return NotebookHealth::kDegraded;
    case StoreHealth::kUnavailable:
      return NotebookHealth::kUnavailable;
  }
  return NotebookHealth::kUnavailable;
}

std::uint64_t NotebookHost::Pending() const {
  const auto* opened = ready_.load(std::memory_order_acquire);
  if (opened == nullptr || opened->connection == nullptr) return 0;
  return opened->notebook->Summary().pending;
}

void NotebookHost::Flush(Clock::Instant deadline) {
  auto* opened = ready_.load(std::memory_order_acquire);
  if (opened != nullptr && opened->connection != nullptr)
    opened->connection->engine().Flush(deadline);
}

}  // namespace contextsync
