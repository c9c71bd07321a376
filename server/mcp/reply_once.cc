#include "server/mcp/reply_once.h"

#include <utility>

namespace contextsync::mcp {

template <typename MakeText>
void ReplyOnce::Finish(MakeText make) {
  if (is_used_.exchange(true)) return;
  if (route_.calls->Claim(*route_.call)) route_.sink->Send(make());
  // A batch goes out when the last of its replies lets go of it, which must not depend on how long
  // the tool keeps its callback.
  route_.sink.reset();
  if (route_.calls->End(*route_.call)) route_.session_sink->OnIdle();
}

ReplyOnce::~ReplyOnce() {
  Finish([this] {
    return ErrorAnswer(route_.call->id, {RpcCode::kInternal, "Internal error: no answer"});
  });
}

void ReplyOnce::Answer(const ToolAnswer& answer) {
  Finish([&] { return route_.codec->CallAnswer(route_.call->id, route_.era, answer); });
}

}  // namespace contextsync::mcp
