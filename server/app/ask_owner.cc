#include "server/app/ask_owner.h"

#include <nlohmann/json.hpp>

#include "server/hub/admin_socket.h"
#include "server/hub/token_admin.h"

namespace contextsync {

Result<Json> AskOwner(const StorePlace& place, const Json& request,
                      std::chrono::milliseconds timeout) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const std::string line,
      AskHub(place.socket_directory, CompactText(request), timeout, place.socket_name));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Json answer, ParseStrict(line));
  return TokenResultFromJson(std::move(answer));
}

}  // namespace contextsync
