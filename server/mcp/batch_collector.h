// BatchCollector: gathers the answers to a JSON-RPC batch and sends them as one array.

#pragma once

#include <memory>
#include <string>

#include "core/base/mutex.h"
#include "server/mcp/message_sink.h"

namespace contextsync::mcp {

/// Everyone who may still answer a part of the batch holds a share; the array goes out when the
/// last share is dropped. A batch without answers sends nothing.
class BatchCollector final : public MessageSink {
 public:
  explicit BatchCollector(std::shared_ptr<MessageSink> sink) : sink_(std::move(sink)) {}
  BatchCollector(const BatchCollector&) = delete;
  BatchCollector& operator=(const BatchCollector&) = delete;

  ~BatchCollector() override {
    if (!array_.empty()) sink_->Send(std::move(array_) + "]");
  }

  void Send(std::string message) override {
    const MutexLock lock(mu_);
    array_ += array_.empty() ? '[' : ',';
    array_ += message;
  }

 private:
  const std::shared_ptr<MessageSink> sink_;
  Mutex mu_;
  std::string array_ GUARDED_BY(mu_);  // without its closing bracket
};

}  // namespace contextsync::mcp
