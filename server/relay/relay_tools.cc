#include "server/relay/relay_tools.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/uuid.h"
#include "core/tools/envelope.h"
#include "core/tools/parameters.h"
#include "core/tools/surroundings.h"

namespace contextsync {

namespace {

using std::chrono::seconds;

constexpr auto kHolderPatience = seconds(10);  // without any process that could answer
constexpr auto kStatusPatience = seconds(1);   // a status answers all the same,
constexpr auto kStatusSilence = seconds(2);    // also beside a silent process
constexpr auto kAskAfter = seconds(1);         // of silence while calls are out
constexpr auto kLongestCall = seconds(60);     // no tool takes half as long

constexpr std::string_view kStatusTool = "status";

std::string OperationOf(const ToolRequest& request) {
  const ActionInfo* action = FindAction(*request.arguments);
  return action == nullptr ? request.tool : request.tool + "." + std::string(action->name);
}

Refusal NotConfirmedBy(const std::string& why, const std::string& op_id) {
  if (op_id.empty()) {
    return {RefusalCode::kStorageUnavailable, "The notebook does not answer: " + why + ".",
            "Repeat the call in a moment.", Json::object()};
  }
  return {RefusalCode::kStorageUnavailable,
          "The notebook does not answer, the write is not confirmed: " + why + ".",
          "Repeat the call with op_id " + op_id + ": it is then written once, whatever happened.",
          {{"op_id", op_id}}};
}

/// The write under `op_id`, so that repeating it is harmless.
void SetOpId(ToolRequest& request, const std::string& op_id) {
  if (op_id.empty()) return;
  const auto given = request.arguments->find("op_id");
  if (given != request.arguments->end() && !given->is_null()) return;
  auto arguments = std::make_shared<Json>(*request.arguments);
  (*arguments)["op_id"] = op_id;
  request.arguments = std::move(arguments);
}

}  // namespace

RelayTools::RelayTools(Parts parts) : parts_(std::move(parts)) {}

std::string RelayTools::MintOpId(const ToolRequest& request) const {
  const ActionInfo* action = FindAction(*request.arguments);
  if (action == nullptr || !action->is_write) return {};
  const auto given = request.arguments->find("op_id");
  // What is no text is refused when the call is read, whoever reads it.
  if (given != request.arguments->end() && !given->is_null())
    return given->is_string() ? given->get<std::string>() : std::string();
  const auto now = static_cast<std::uint64_t>(parts_.clock.WallMillis());
  return MakeUuidV7(now, parts_.random.Next(), parts_.random.Next());
}

void RelayTools::Call(ToolRequest request, std::function<void(ToolAnswer)> done) {
  if (parts_.branch) request.branch = parts_.branch();
  const Place place = KeepUnlessHere(request, done);
  if (place == Place::kHere) parts_.local.Call(std::move(request), std::move(done));
  if (place == Place::kNowhere) parts_.need();
}

RelayTools::Place RelayTools::KeepUnlessHere(ToolRequest& request,
                                             std::function<void(ToolAnswer)>& done) {
  const MutexLock lock(mu_);
  if (place_ != Place::kHere) Keep(std::move(request), std::move(done));
  return place_;
}

void RelayTools::EndInput(const std::string& session_id) {
  Place place{};
  {
    const MutexLock lock(mu_);
    ended_session_ = session_id;
    place = place_;
    if (place == Place::kElsewhere) holder_->Send(Encode(RelayRequest(RelayEnd{})));
  }
  if (place == Place::kHere) parts_.local.EndInput(session_id);
}

void RelayTools::Keep(ToolRequest request, std::function<void(ToolAnswer)> done) {
  std::string op_id = MintOpId(request);
  SetOpId(request, op_id);
  const std::uint64_t number = next_number_++;
  Waiting& call = waiting_[number];
  call = {std::move(request), std::move(done), parts_.clock.Now(), std::move(op_id), false};
  if (place_ == Place::kElsewhere) Send(number, call);
}

void RelayTools::Send(std::uint64_t number, Waiting& call) {
  call.is_sent = true;
  call.since = parts_.clock.Now();
  holder_->Send(Encode(RelayRequest(RelayCall{.number = number,
                                              .tool = call.request.tool,
                                              .client_name = call.request.client_name,
                                              .arguments = call.request.arguments,
                                              .defect = call.request.defect,
                                              .branch = call.request.branch})));
}

void RelayTools::GoHere() {
  {
    const MutexLock lock(mu_);
    if (place_ == Place::kHere) return;
    holder_ = nullptr;
    place_ = Place::kNowhere;
  }
  parts_.resume(position());
  const std::string ended = HandOver();
  if (!ended.empty()) parts_.local.EndInput(ended);
}

std::string RelayTools::HandOver() {
  while (true) {
    Waiting next;
    {
      const MutexLock lock(mu_);
      if (waiting_.empty()) {
        place_ = Place::kHere;
        return ended_session_;
      }
      // One that comes meanwhile is appended, so the order stays.
      next = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
    parts_.local.Call(std::move(next.request), std::move(next.done));
  }
}

void RelayTools::Attach(std::shared_ptr<mcp::MessageSink> holder, const RelayWelcome& welcome) {
  const MutexLock lock(mu_);
  place_ = Place::kElsewhere;
  holder_ = std::move(holder);
  holder_pid_ = welcome.pid;
  heard_ = asked_ = parts_.clock.Now();
  position_.Include(welcome.position);
  for (auto& [number, call] : waiting_)
    Send(number, call);
  if (!ended_session_.empty()) holder_->Send(Encode(RelayRequest(RelayEnd{})));
}

void RelayTools::Detach(std::string why) {
  const MutexLock lock(mu_);
  why_nowhere_ = std::move(why);
  if (place_ == Place::kNowhere) return;
  place_ = Place::kNowhere;
  holder_ = nullptr;
  for (auto& [number, call] : waiting_) {
    call.is_sent = false;
    call.since = parts_.clock.Now();
  }
}

void RelayTools::OnAnswer(const RelayAnswer& answer, std::string json) {
  WaitingCalls::node_type call;
  {
    const MutexLock lock(mu_);
    heard_ = parts_.clock.Now();
    call = waiting_.extract(answer.number);
    // An answer that nobody gets any more has shown nothing.
    if (!call.empty()) position_.Include(answer.position);
  }
  if (!call.empty()) call.mapped().done({std::move(json), answer.is_error});
}

void RelayTools::OnSignOfLife() {
  const MutexLock lock(mu_);
  heard_ = parts_.clock.Now();
}

SessionPosition RelayTools::position() const {
  const MutexLock lock(mu_);
  return position_;
}

void RelayTools::Ask(Clock::Instant now) {
  if (waiting_.empty() || now - std::max(heard_, asked_) < kAskAfter) return;
  asked_ = now;
  holder_->Send(Encode(RelayRequest(RelayPing{})));
}

bool RelayTools::IsOverdue(const Waiting& call, Clock::Instant now) const {
  const auto waited = now - call.since;
  const bool is_status = call.request.tool == kStatusTool;
  if (place_ == Place::kElsewhere) {
    const auto silence = std::min(waited, now - heard_);
    return waited >= kLongestCall || silence >= (is_status ? kStatusSilence : kHolderPatience);
  }
  return waited >= (is_status ? kStatusPatience : kHolderPatience);
}

RelayTools::WaitingCalls RelayTools::TakeOverdue(Clock::Instant now) {
  WaitingCalls overdue;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto next = std::next(at);
    const bool is_unwanted = at->second.request.cancelled.stop_requested();
    if (is_unwanted && at->second.is_sent && holder_ != nullptr)
      holder_->Send(Encode(RelayRequest(RelayCancel{at->first})));
    if (is_unwanted || IsOverdue(at->second, now)) overdue.insert(waiting_.extract(at));
    at = next;
  }
  return overdue;
}

void RelayTools::Tick() {
  WaitingCalls overdue;
  std::string why;
  {
    const MutexLock lock(mu_);
    const auto now = parts_.clock.Now();
    if (place_ == Place::kElsewhere) Ask(now);
    overdue = TakeOverdue(now);
    why = place_ == Place::kElsewhere
              ? "process " + std::to_string(holder_pid_) + " has it open and is silent"
              : why_nowhere_;
  }
  for (auto& [number, call] : overdue)
    Refuse(std::move(call), why);
}

void RelayTools::Refuse(Waiting call, const std::string& why) {
  if (call.request.cancelled.stop_requested()) return;
  if (call.request.tool == kStatusTool)
    return parts_.local.Call(std::move(call.request), std::move(call.done));
  const ToolResult result = FailureAnswer(OperationOf(call.request), parts_.clock.WallMillis(),
                                          NotConfirmedBy(why, call.op_id),
                                          Around{.sync = ClosedSyncBlock(parts_.has_hub)});
  call.done({result.json, result.is_error});
}

}  // namespace contextsync
