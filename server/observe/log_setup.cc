#include "server/observe/log_setup.h"

#include <memory>
#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace contextsync {

void SetUpLogging(LogLevel level) {
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("", sink));
  spdlog::set_error_handler([](const std::string& /*message*/) {});
  SetLogLevel(level);
}

}  // namespace contextsync
