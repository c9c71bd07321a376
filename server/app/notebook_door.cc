#include "server/app/notebook_door.h"

#include <filesystem>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/app/ask_owner.h"
#include "server/app/notebook_host.h"
#include "storage/rocks/notebook_directory.h"

namespace contextsync {

namespace {

constexpr std::chrono::seconds kRequestTimeout{60};  // one context, or a megabyte of them
constexpr int kMostAttempts = 5;                     // whoever has it open may end, and the next

// An agent that starts meanwhile looks for the notebook at least every 250 ms, and its calls wait
// longer than it is held.
constexpr std::chrono::milliseconds kLongestHold{2'000};
constexpr std::chrono::milliseconds kPauseForOthers{300};

}  // namespace

NotebookDoor::NotebookDoor(ToolOnceOptions options, Answerer answerer)
    : options_(std::move(options)),
      answerer_(std::move(answerer)),
      place_(NotebookPlace(options_.data_dir, options_.workspace)) {}

Status NotebookDoor::Prepare() const {
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(options_.data_dir.string()));
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(place_.socket_directory));
  return PrepareDirectory(place_.directory);
}

bool NotebookDoor::HasNotebook() const {
  std::error_code ignored;
  return std::filesystem::is_directory(place_.directory, ignored);
}

Result<Json> NotebookDoor::Call(const Json& request) {
  was_uncertain_ = false;
  LetOthersIn();
  if (offline_ != nullptr) return Answer(request);
  Result<Json> answer = Json();
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    answer = AloneOrByOwner<Json>([&] { return CallAlone(request); },
                                  [&] { return AskOwner(place_, request, kRequestTimeout); });
    if (answer.ok() || answer.error().code() != ErrorCode::kTimeout) break;
    was_uncertain_ = true;
  }
  return answer;
}

Result<Json> NotebookDoor::CallAlone(const Json& request) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      offline_,
      OfflineNotebook::Open(options_.data_dir, options_.workspace, !options_.hub.empty()));
  opened_ = std::chrono::steady_clock::now();
  return Answer(request);
}

Result<Json> NotebookDoor::Answer(const Json& request) {
  auto answer = answerer_(offline_->notebook(), request);
  if (!answer) return Error(ErrorCode::kInternal, "there is no such request");
  return std::move(*answer);
}

void NotebookDoor::LetOthersIn() {
  if (offline_ == nullptr || std::chrono::steady_clock::now() - opened_ < kLongestHold) return;
  offline_.reset();
  std::this_thread::sleep_for(kPauseForOthers);
}

}  // namespace contextsync
