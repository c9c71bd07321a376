#include "server/app/holder_link.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/ports/json_reader.h"
#include "server/relay/line_channel.h"
#include "storage/rocks/notebook_lock.h"

namespace contextsync {

namespace {

constexpr std::size_t kLongestAnswer = 64 * limits::kMiB;

/// The path itself if it fits an address, else by a descriptor of its directory.
std::string ShortPath(const std::filesystem::path& path, const mcp::UniqueFd& directory) {
  if (path.native().size() < sizeof(sockaddr_un::sun_path)) return path.native();
  return "/proc/self/fd/" + std::to_string(directory.get()) + "/" + path.filename().native();
}

}  // namespace

std::string Encode(const HolderNote& note) {
  return CompactText({{"pid", note.pid},
                      {"socket", note.socket},
                      {"build", note.build},
                      {"protocol", kRelayProtocol}});
}

std::optional<HolderNote> ReadHolderNote(std::string_view text) {
  const auto json = ParseStrict(text);
  if (!json.ok() || !json.value().is_object()) return std::nullopt;
  JsonReader reader(json.value());
  HolderNote note{reader.Number("pid"), reader.Text("socket"), reader.Text("build")};
  if (!reader.ok()) return std::nullopt;
  return note;
}

Result<mcp::UniqueFd> ConnectToHolder(const std::string& path) {
  const std::filesystem::path whole(path);
  const mcp::UniqueFd directory(
      ::open(whole.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = ShortPath(whole, directory);
  if (!directory.ok() || name.size() >= sizeof(address.sun_path))
    return Error(ErrorCode::kUnavailable, "there is no way to " + path);
  std::copy(name.begin(), name.end(), address.sun_path);
  // Not blocking: a stopped process with a full queue must not stop this one.
  mcp::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what the call is made for.
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  if (!socket.ok() || ::connect(socket.get(), plain, sizeof(address)) != 0) {
    return Error(ErrorCode::kUnavailable,
                 path + ": " + std::error_code(errno, std::generic_category()).message());
  }
  if (!IsOwnPeer(socket.get()))
    return Error(ErrorCode::kUnauthorized, path + " belongs to another user");
  return socket;
}

Result<mcp::UniqueFd> HolderLink::Connect() {
  std::string path = place_.socket_directory + "/" + place_.socket_name;
  std::string holder = "another process";
  const auto text = NotebookLock::ReadNote(place_.directory);
  if (const auto note = text.ok() ? ReadHolderNote(text.value()) : std::nullopt) {
    holder = "process " + std::to_string(note->pid);
    if (!note->socket.empty()) path = note->socket;
  }
  trouble_ = holder + " has it open and cannot be reached";
  silent_ = holder + " has it open and is silent";
  return ConnectToHolder(path);
}

HolderLink::Outcome HolderLink::Visit(const std::stop_token& stop) {
  auto socket = Connect();
  if (!socket.ok()) return Outcome::kUnreached;
  auto channel = LineChannel::Open(std::move(socket).value(), kLongestAnswer);
  if (!channel.ok()) return Outcome::kUnreached;
  sink_ = channel.value()->sink();
  outcome_ = Outcome::kUnreached;
  answer_.reset();
  hello_.position = tools_.position();
  tools_.Detach(silent_);
  sink_->Send(Encode(hello_));
  const std::stop_callback wake(stop, [&channel] { channel.value()->Stop(); });
  channel.value()->Run([this](std::string_view line) { return OnLine(line); },
                       [this] { tools_.Tick(); }, RelayTools::kBeat);
  sink_ = nullptr;
  if (outcome_ == Outcome::kGone) trouble_ = "the process that had it open is gone";
  tools_.Detach(trouble_);
  return outcome_;
}

bool HolderLink::OnLine(std::string_view line) {
  if (answer_) {
    tools_.OnAnswer(*answer_, std::string(line));
    answer_.reset();
    return true;
  }
  auto reply = ReadRelayReply(line);
  return reply.ok() && OnReply(reply.value());
}

bool HolderLink::OnReply(RelayReply& reply) {
  if (const auto* answer = std::get_if<RelayAnswer>(&reply)) {
    answer_ = *answer;
  } else if (const auto* welcome = std::get_if<RelayWelcome>(&reply)) {
    outcome_ = Outcome::kGone;  // once it ends
    tools_.Attach(sink_, *welcome);
  } else if (const auto* denial = std::get_if<RelayDenial>(&reply)) {
    if (!denial->leaves) outcome_ = Outcome::kDenied;
    trouble_ = denial->reason;
    return false;
  } else {
    tools_.OnSignOfLife();
  }
  return true;
}

}  // namespace contextsync
