#include "core/hub/skip.h"

#include "core/hub/sequencer.h"
#include "core/ports/hub_names.h"

namespace contextsync {

PushResult SkipEntry(const HubStage& stage, const PushEntry& entry) {
  PushResult result = ConsumedWithoutItem(stage, entry);
  result.code = kSkippedCode;
  return result;
}

}  // namespace contextsync
