#include "server/hub/http_message.h"

#include <nlohmann/json.hpp>

#include "core/document/json.h"

namespace contextsync {

HttpAnswer ErrorAnswer(int status, std::string_view code, std::string_view message,
                       UnixMillis now) {
  Json json = Json::object();
  json["error"] = Json{{"code", code}, {"message", message}};
  json["server_time"] = now;
  return {status, CompactText(json), {}};
}

}  // namespace contextsync
