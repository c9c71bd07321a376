#include "core/sync/retry_service.h"

#include <stop_token>

namespace contextsync {

RetryService::RetryService(SyncEngine& engine)
    : engine_(engine), thread_([&engine](const std::stop_token& stop) {
        while (!stop.stop_requested())
          engine.WaitForWork(engine.Step(), stop);
      }) {}

RetryService::~RetryService() {
  thread_.request_stop();
  engine_.Stop();
  thread_.join();
  engine_.Finish();
}

}  // namespace contextsync
