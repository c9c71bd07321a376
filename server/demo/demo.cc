#include "server/demo/demo.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <thread>

namespace contextsync {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kHubStartWait = seconds(10);
constexpr auto kPollPause = milliseconds(20);
constexpr int kSettleSeconds = 8;
constexpr double kDurableBelowMs = 150;
constexpr const char* kTask = "fix-login";

std::string Milliseconds(double value) {
  char text[32];
  static_cast<void>(std::snprintf(text, sizeof text, "%.1f ms", value));
  return text;
}

std::string Joined(const Json& texts) {
  std::string joined;
  for (const auto& text : texts)
    joined.append(joined.empty() ? "" : ", ").append(text.get<std::string>());
  return joined;
}

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

std::string Column(std::string name) {
  constexpr std::size_t kWidth = 7;
  name.resize(std::max(kWidth, name.size() + 1), ' ');
  return name;
}

Json Get(const char* id) {
  return {{"action", "get"}, {"context_id", id}};
}

bool IsDrained(const Json& status) {
  return status["pending"] == 0;
}

}  // namespace

Demo::Demo(Options options, Report& report) : options_(std::move(options)), report_(report) {}

Status Demo::Run() {
  CONTEXTSYNC_RETURN_IF_ERROR(StartHub());
  CONTEXTSYNC_RETURN_IF_ERROR(StartAgents());
  CONTEXTSYNC_RETURN_IF_ERROR(WorkTogether());
  CONTEXTSYNC_RETURN_IF_ERROR(ReadAsSecondAgent());
  CONTEXTSYNC_RETURN_IF_ERROR(WriteThroughOutage());
  CONTEXTSYNC_RETURN_IF_ERROR(KillAndRestart());
  CONTEXTSYNC_RETURN_IF_ERROR(ComeBack());
  CONTEXTSYNC_RETURN_IF_ERROR(Compare());
  ShowLatencies();
  return {};
}

std::vector<std::string> Demo::Environment() const {
  // Nothing of the person's own settings may reach the demo, nor the other way round.
  const auto home = options_.directory.string();
  return {"PATH=/usr/bin:/bin", "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home};
}

McpAgent::Options Demo::AgentOptions(const std::string& name) const {
  const auto data = (options_.directory / name).string();
  return {{options_.program, "serve", "--no-drain", "--data-dir", data, "--workspace", "demo",
           "--agent", name, "--hub", hub_url_},
          Environment(),
          data + ".log"};
}

Status Demo::StartHub() {
  const bool is_first = hub_url_.empty();
  constexpr std::string_view kScheme = "http://";
  const auto listen = is_first ? "127.0.0.1:0" : hub_url_.substr(kScheme.size());
  const auto data = (options_.directory / "hub").string();
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      auto hub, ChildProcess::Start(
                    {options_.program, "hub", "--listen", listen, "--data-dir", data, "--no-auth"},
                    Environment(), data + ".log"));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto line, hub.ReadLine(steady_clock::now() + kHubStartWait));
  const Json started = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!started.is_object() || !started.contains("listening")) {
    return Error(ErrorCode::kUnavailable, "the hub did not start; its log: " + data + ".log");
  }
  hub_url_ = started["listening"].get<std::string>();
  hub_ = std::move(hub);
  if (is_first) report_.Title("1. A hub, and two agents with a notebook each");
  if (is_first) report_.Line("hub    listens on " + hub_url_);
  return {};
}

Status Demo::StartAgents() {
  alice_ = std::make_unique<McpAgent>("alice", AgentOptions("alice"));
  bob_ = std::make_unique<McpAgent>("bob", AgentOptions("bob"));
  for (auto* agent : {alice_.get(), bob_.get()}) {
    CONTEXTSYNC_RETURN_IF_ERROR(agent->Start());
    const auto is_connected = [](const Json& status) { return status["websocket"] == "connected"; };
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto status, WaitFor(*agent, kSettleSeconds, is_connected));
    ShowLight(*agent, status);
  }
  return {};
}

Status Demo::WorkTogether() {
  report_.Title("2. alice works: what she read, what she changed, what she tested");
  CONTEXTSYNC_RETURN_IF_ERROR(Update(*alice_, "files read",
                                     {{"files_read", {"auth/login.cc", "auth/token.cc"}},
                                      {"understanding", "Tokens expire an hour early"}}));
  CONTEXTSYNC_RETURN_IF_ERROR(
      Update(*alice_, "files modified",
             {{"files_modified", {"auth/token.cc"}}, {"changes_made", "Expiry is kept in UTC"}}));
  return Update(*alice_, "tests run",
                {{"tests_run", {"token_test", "login_test"}},
                 {"test_results", "2 passed"},
                 {"failures", Json::array()}});
}

Status Demo::ReadAsSecondAgent() {
  report_.Title("3. bob is told on his next call, and reads it");
  const auto deadline = steady_clock::now() + seconds(kSettleSeconds);
  Json notices = Json::array();
  Json data = Json::object();
  while (steady_clock::now() < deadline && data.value("test_results", "") != "2 passed") {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto answer, bob_->Call("manage_context", Get(kTask)));
    read_milliseconds_.push_back(answer.milliseconds);
    for (const auto& notice : answer.envelope["notices"])
      notices.push_back(notice);
    if (answer.envelope["success"] == true) data = answer.envelope["data"]["context"]["data"];
  }
  for (const auto& notice : notices) {
    if (notice["context_id"] != kTask) continue;
    report_.Line("notice " + notice["changed_by"].get<std::string>() + " changed " + kTask + ": " +
                 Joined(notice["keys"]));
  }
  report_.Check("bob was told of alice's changes", !notices.empty(),
                std::to_string(notices.size()) + " notices");
  const bool complete = data.is_object() && data.value("files_read", Json()).size() == 2 &&
                        data.value("tests_run", Json()).size() == 2;
  report_.Check("bob reads all of it", complete,
                data.is_object() ? std::to_string(data.size()) + " keys" : "nothing");
  return {};
}

Status Demo::WriteThroughOutage() {
  report_.Title("4. The hub is cut off; both go on writing");
  hub_->Kill();
  const auto is_offline = [](const Json& status) { return status["link"] != "online"; };
  for (auto* agent : {alice_.get(), bob_.get()}) {
    CONTEXTSYNC_RETURN_IF_ERROR(WaitFor(*agent, kSettleSeconds, is_offline));
  }
  const auto before = write_milliseconds_.size();
  for (const auto* step : {"read the specification", "fix the clock", "add a test"}) {
    CONTEXTSYNC_RETURN_IF_ERROR(
        Update(*alice_, step, {{"decisions", {std::string("alice: ") + step}}}));
    CONTEXTSYNC_RETURN_IF_ERROR(
        Update(*bob_, step, {{"decisions", {std::string("bob: ") + step}}}));
  }
  const auto slowest = *std::max_element(
      write_milliseconds_.begin() + static_cast<std::ptrdiff_t>(before), write_milliseconds_.end());
  report_.Check("every write was durable within 150 ms without the hub", slowest < kDurableBelowMs,
                "slowest " + Milliseconds(slowest));
  return {};
}

Status Demo::KillAndRestart() {
  report_.Title("5. alice's server is killed with SIGKILL and started again");
  alice_->Kill();
  CONTEXTSYNC_RETURN_IF_ERROR(alice_->Start());
  for (auto* agent : {alice_.get(), bob_.get()}) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto status, WaitFor(*agent, 1, [](const Json& s) { return s["pending"] == 3; }));
    ShowLight(*agent, status);
    report_.Check(agent->name() + "'s journal holds the three unsent writes",
                  status["pending"] == 3, status["pending"].dump() + " pending");
  }
  return {};
}

Status Demo::ComeBack() {
  report_.Title("6. The hub comes back");
  const auto started = steady_clock::now();
  CONTEXTSYNC_RETURN_IF_ERROR(StartHub());
  for (auto* agent : {alice_.get(), bob_.get()}) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto status, WaitFor(*agent, kSettleSeconds, IsDrained));
    const std::chrono::duration<double, std::milli> took = steady_clock::now() - started;
    const auto& metrics = status["metrics"];
    const auto total = metrics["total_syncs"].get<double>();
    const auto rate =
        metrics["success_rate"].is_number() ? metrics["success_rate"].get<double>() : 1.0;
    ShowLight(*agent, status);
    report_.Check(agent->name() + "'s journal is empty again", IsDrained(status),
                  "after " + Milliseconds(took.count()) + "; of " +
                      std::to_string(static_cast<int>(total)) + " exchanges with the hub " +
                      std::to_string(std::lround(total * (1 - rate))) + " failed");
  }
  return {};
}

Status Demo::Compare() {
  report_.Title("7. Both notebooks are the same, byte for byte");
  const auto has_all = [](const Json& data) {
    return data.value("decisions", Json::array()).size() == 6;
  };
  const auto deadline = steady_clock::now() + seconds(kSettleSeconds);
  for (auto* agent : {alice_.get(), bob_.get()}) {
    Json data = Json::object();
    while (!has_all(data) && steady_clock::now() < deadline) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto answer, agent->Call("manage_context", Get(kTask)));
      read_milliseconds_.push_back(answer.milliseconds);
      data = answer.envelope["data"]["context"]["data"];
    }
    report_.Check(agent->name() + " holds the decisions of both", has_all(data),
                  std::to_string(data.value("decisions", Json::array()).size()) + " of 6");
  }
  std::set<std::string> fingerprints;
  for (auto* agent : {alice_.get(), bob_.get()}) {
    report_.Check(agent->name() + "'s server leaves by itself", agent->Stop() == 0, "");
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto fingerprint,
                                 options_.fingerprint(options_.directory / agent->name()));
    report_.Line(Column(agent->name()) + fingerprint);
    fingerprints.insert(fingerprint);
  }
  report_.Check("the notebooks are byte-identical", fingerprints.size() == 1,
                "SHA-256 of all cells");
  return {};
}

void Demo::ShowLatencies() {
  report_.Title("Measured");
  report_.Line("durable write  p50 " + Milliseconds(Quantile(write_milliseconds_, 0.5)) +
               ", slowest " + Milliseconds(Quantile(write_milliseconds_, 1)) + " (" +
               std::to_string(write_milliseconds_.size()) +
               " writes, fsynced, the hub's word awaited while it was there)");
  report_.Line("read           p50 " + Milliseconds(Quantile(read_milliseconds_, 0.5)) + " (" +
               std::to_string(read_milliseconds_.size()) + " reads)");
}

Status Demo::Update(McpAgent& agent, const std::string& what, const Json& data) {
  const Json arguments = {{"action", "update"}, {"context_id", kTask}, {"data", data}};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto answer, agent.Call("manage_context", arguments));
  write_milliseconds_.push_back(answer.milliseconds);
  const auto& sync = answer.envelope["sync"];
  const bool durable = answer.envelope["success"] == true && sync["durable"] == true;
  if (durable) {
    ++acknowledged_;
    report_.Line(Column(agent.name()) + what + "  → durable, " + sync["state"].get<std::string>() +
                 " " + sync["icon"].get<std::string>() + ", version " + sync["version"].dump() +
                 ", " + Milliseconds(answer.milliseconds));
  } else {
    report_.Check(agent.name() + " wrote " + what, false,
                  answer.envelope.value("error", Json()).dump());
  }
  return {};
}

Result<Json> Demo::StatusOf(McpAgent& agent) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto answer, agent.Call("status", Json::object()));
  return std::move(answer.envelope["data"]);
}

Result<Json> Demo::WaitFor(McpAgent& agent, int at_most_seconds,
                           const std::function<bool(const Json&)>& holds) {
  const auto deadline = steady_clock::now() + seconds(at_most_seconds);
  while (true) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto status, StatusOf(agent));
    if (holds(status) || steady_clock::now() > deadline) return status;
    std::this_thread::sleep_for(kPollPause);
  }
}

void Demo::ShowLight(const McpAgent& agent, const Json& status) {
  report_.Line(Column(agent.name()) + status["icon"].get<std::string>() + " " +
               status["indicator"].get<std::string>() + ", link " +
               status["link"].get<std::string>() + ", socket " +
               status["websocket"].get<std::string>() + ", pending " + status["pending"].dump());
}

}  // namespace contextsync
