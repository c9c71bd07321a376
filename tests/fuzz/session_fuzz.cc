// Fuzzes a whole session from bytes to answers: it never crashes, everything it sends is one line
// of JSON, and each request is answered exactly once unless it was cancelled.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "server/mcp/line_reader.h"
#include "server/mcp/session.h"

namespace contextsync::mcp {
namespace {

constexpr std::size_t kMaxLineBytes = 4096;

// Answers "now" at once, drops "never", and keeps the rest until it is told to answer.
class FuzzTools final : public ToolHandler {
 public:
  std::string_view ToolsJson() const override { return "[]"; }
  bool HasTool(std::string_view name) const override { return name != "nope"; }

  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override {
    CONTEXTSYNC_CHECK(request.arguments->is_object());
    if (request.tool == "never") return;
    if (request.tool == "now") return done({.json = CompactText(*request.arguments)});
    waiting_.push_back(std::move(done));
  }

  void AnswerOne() {
    if (waiting_.empty()) return;
    const auto done = std::move(waiting_.back());
    waiting_.pop_back();
    done({.json = "{}", .is_error = true});
    done({.json = "{}"});
  }
  void AnswerAll() {
    while (!waiting_.empty())
      AnswerOne();
  }

 private:
  std::vector<std::function<void(ToolAnswer)>> waiting_;
};

class CountingSink final : public MessageSink {
 public:
  void Send(std::string message) override {
    CONTEXTSYNC_CHECK(message.find('\n') == std::string::npos);
    const Json value = Json::parse(message, nullptr, false);
    CONTEXTSYNC_CHECK(!value.is_discarded());
    if (!value.is_array()) return Count(value);
    for (const Json& answer : value)
      Count(answer);
  }

  std::map<std::string, int> answers;  // by id

 private:
  void Count(const Json& message) {
    CONTEXTSYNC_CHECK(message["jsonrpc"] == "2.0");
    if (message.contains("method")) return;
    CONTEXTSYNC_CHECK(message.contains("result") != message.contains("error"));
    if (message.contains("id") && !message["id"].is_null()) ++answers[message["id"].dump()];
  }
};

class Harness final : public LineHandler {
 public:
  void OnLine(std::string_view line) override {
    Expect(line);
    session_.Receive(line);
    if (line.size() % 3 == 0) tools_.AnswerOne();
  }
  void OnOversized(const OversizedLine& line) override {
    if (!line.id_text().empty()) ignores_counts_ = true;  // it may be answered by a scan for its id
    session_.RefuseOversized(line);
  }

  void Finish() {
    tools_.AnswerAll();
    session_.EndListens();
    CONTEXTSYNC_CHECK(session_.running_calls() == 0);
    for (const auto& [id, count] : sink_->answers)
      CONTEXTSYNC_CHECK(count <= asked_[id]);
    if (has_cancelled_ || has_reused_id_) return;
    for (const auto& [id, count] : asked_)
      CONTEXTSYNC_CHECK(sink_->answers[id] == count);
  }

 private:
  // Notes what a line asks for, by a reading of its own.
  void Expect(std::string_view line) {
    const auto parsed = ParseMessage(line, {.depth = limits::kMessageDepth});
    if (!parsed.ok()) return;
    const Json& value = *parsed.value().value;
    if (value.is_array()) {
      for (const Json& part : value)
        ExpectMessage(part);
      has_reused_id_ = true;  // a batch may be refused whole
      return;
    }
    if (parsed.value().defect) has_reused_id_ = true;  // an id given twice counts as none
    ExpectMessage(value);
  }

  void ExpectMessage(const Json& message) {
    if (!message.is_object()) return;
    const auto method = message.find("method");
    if (method != message.end() && *method == "notifications/cancelled") has_cancelled_ = true;
    const auto id = message.find("id");
    if (id == message.end() || !(id->is_number_integer() || id->is_string())) return;
    if (method == message.end() && (message.contains("result") || message.contains("error")))
      return;
    if (++asked_[id->dump()] > 1) has_reused_id_ = true;  // may meet the first one in flight
  }

  FuzzTools tools_;
  std::shared_ptr<CountingSink> sink_ = std::make_shared<CountingSink>();
  Session session_{
      "fuzz",
      {.codec = std::make_shared<const Codec>(ServerInfo{.name = "f", .version = "1"}, "[]"),
       .sink = sink_,
       .tools = tools_}};
  std::map<std::string, int> asked_;
  bool has_cancelled_ = false;
  bool ignores_counts_ = false;
  bool has_reused_id_ = false;
};

}  // namespace
}  // namespace contextsync::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace mcp = contextsync::mcp;
  mcp::Harness harness;
  mcp::LineReader reader(mcp::kMaxLineBytes);
  std::string text(data, data + size);
  const std::size_t cut = size == 0 ? 0 : data[0] % (size + 1);
  reader.Feed(std::string_view(text).substr(0, cut), harness);
  reader.Feed(std::string_view(text).substr(cut), harness);
  reader.Finish(harness);
  harness.Finish();
  return 0;
}
