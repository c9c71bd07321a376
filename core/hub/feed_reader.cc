#include "core/hub/feed_reader.h"

#include <algorithm>
#include <utility>

#include "core/base/hex.h"
#include "core/document/codec.h"
#include "core/hub/history_check.h"
#include "core/hub/snapshot_key.h"

namespace contextsync {

namespace {

bool IsSameTx(const StoredItem& left, const StoredItem& right) {
  return left.item.tx && right.item.tx && left.item.tx->id == right.item.tx->id;
}

/// Drops the transaction at the end of `items` if more of it may follow.
void DropCutTx(std::vector<StoredItem>& items) {
  const std::optional<TxPart>& tx = items.back().item.tx;
  if (!tx || tx->index + 1 >= tx->count) return;
  const StoredItem last = items.back();
  while (!items.empty() && IsSameTx(items.back(), last))
    items.pop_back();
}

/// The first transaction after `since`, however large.
Result<FeedSlice> ReadOneTx(HubStore& store, const WorkspaceId& workspace, HubSequence since) {
  FeedSlice page;
  for (;;) {
    const HubSequence from = page.items.empty() ? since : page.items.back().item.seq;
    CONTEXTSYNC_ASSIGN_OR_RETURN(FeedSlice slice, store.ReadFeed(workspace, from, ReadBounds{}));
    page.more = slice.more;
    for (StoredItem& item : slice.items) {
      if (!page.items.empty() && !IsSameTx(page.items.front(), item)) {
        page.more = true;
        return page;
      }
      page.items.push_back(std::move(item));
    }
    if (!slice.more) return page;
  }
}

Result<FeedSlice> ReadWholeTxs(HubStore& store, const WorkspaceId& workspace, HubSequence since,
                               std::size_t limit) {
  const ReadBounds bounds = {.rows = std::clamp<std::size_t>(limit, 1, limits::kPageItems)};
  CONTEXTSYNC_ASSIGN_OR_RETURN(FeedSlice slice, store.ReadFeed(workspace, since, bounds));
  if (!slice.more) return slice;
  DropCutTx(slice.items);
  if (slice.items.empty()) return ReadOneTx(store, workspace, since);
  return slice;
}

/// Opens the workspace for reading and tests the claim.
struct Opened {
  std::optional<HubStage> stage;
  std::optional<HubFailure> failure;
};

Result<Opened> Open(HubStore& store, const WorkspaceId& workspace, const HistoryClaim& claim,
                    HubSequence since) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head, store.ReadHead(workspace));
  Opened opened;
  if (!head) {
    opened.failure = NoAccess();
    return opened;
  }
  opened.stage.emplace(store, workspace, std::move(*head));
  CONTEXTSYNC_ASSIGN_OR_RETURN(opened.failure, TestClaim(*opened.stage, claim, since));
  return opened;
}

}  // namespace

Result<HubReply<ChangesPage>> ReadChanges(HubStore& store, const WorkspaceId& workspace,
                                          const ChangesRequest& request, UnixMillis now) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(Opened opened, Open(store, workspace, request.claim, request.since));
  if (opened.failure) return HubReply<ChangesPage>(std::move(*opened.failure));
  HubStage& stage = *opened.stage;
  CONTEXTSYNC_ASSIGN_OR_RETURN(FeedSlice slice,
                               ReadWholeTxs(store, workspace, request.since, request.limit));
  ChangesPage page;
  page.epoch = stage.head().epoch;
  page.server_time = now;
  page.more = slice.more;
  if (slice.items.empty()) {
    page.next = std::min(request.since, stage.head().seq);
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<FeedCheck> check, CheckAt(stage, page.next));
    if (check) page.check = std::move(*check);
  } else {
    page.next = slice.items.back().item.seq;
    page.check = slice.items.back().check;
  }
  // Commits since the head was read may be on the page already.
  page.head = std::max(stage.head().seq, page.next);
  for (StoredItem& item : slice.items)
    page.changes.push_back(std::move(item.item));
  return HubReply<ChangesPage>(std::move(page));
}

namespace {

/// Builds one page; lives for that long.
class SnapshotReader {
 public:
  SnapshotReader(HubStore& store, const WorkspaceId& workspace, HubStage& stage)
      : store_(store), workspace_(workspace), stage_(stage) {}

  Result<SnapshotPage> ReadOne(const ContextRef& ref) {
    Begin(stage_.head().seq, stage_.head().check);
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<HubContext> context,
                                 store_.ReadContext(workspace_, ref));
    if (context) CONTEXTSYNC_RETURN_IF_ERROR(Add(std::move(*context)));
    return std::move(page_);
  }

  Result<SnapshotPage> ReadPage(const std::optional<SnapshotKey>& after) {
    const HubSequence start = after ? after->start : stage_.head().seq;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<FeedCheck> check, CheckAt(stage_, start));
    Begin(start, check.value_or(FeedCheck()));
    const std::optional<ContextRef> from = after ? std::optional(after->last) : std::nullopt;
    CONTEXTSYNC_ASSIGN_OR_RETURN(ContextSlice slice,
                                 store_.ReadContexts(workspace_, from, ReadBounds{}));
    const ContextRef last = slice.more ? slice.contexts.back().ref : ContextRef{};
    for (HubContext& context : slice.contexts)
      CONTEXTSYNC_RETURN_IF_ERROR(Add(std::move(context)));
    if (slice.more) page_.next = EncodeSnapshotKey({start, last});
    return std::move(page_);
  }

 private:
  void Begin(HubSequence start, FeedCheck check) {
    page_.start = start;
    page_.check = std::move(check);
    page_.hlc = stage_.head().largest_hlc;
    page_.head = stage_.head().seq;
    page_.epoch = stage_.head().epoch;
  }

  Status Add(HubContext context) {
    // Closed ones too, as long as they are kept: who had something left out lets go of it only with
    // the record, and every notebook has the same.
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ConflictRecord> records,
                                 stage_.AllRecords(context.ref));
    for (ConflictRecord& record : records)
      page_.conflicts.push_back(std::move(record));
    ContextSnapshot snapshot;
    // The head was read first: either nothing touched the context since its last item, or that item
    // is newer.
    snapshot.asof = std::max(stage_.head().seq, context.last.seq);
    snapshot.context = std::move(context.ref);
    snapshot.rev = context.last.seq;
    snapshot.state_hash = StateHash(context.state);
    snapshot.state = std::move(context.state);
    snapshot.updated_at = context.updated_at;
    snapshot.updated_by = std::move(context.updated_by);
    snapshot.purges = std::move(context.purges);
    page_.hlc = std::max(page_.hlc, LargestStamp(snapshot.state).hlc);
    page_.contexts.push_back(std::move(snapshot));
    return {};
  }

  HubStore& store_;
  const WorkspaceId& workspace_;
  HubStage& stage_;
  SnapshotPage page_;
};

}  // namespace

Result<HubReply<SnapshotPage>> ReadSnapshot(HubStore& store, const WorkspaceId& workspace,
                                            const SnapshotRequest& request, UnixMillis now) {
  std::optional<SnapshotKey> after;
  if (!request.after.empty()) {
    after = DecodeSnapshotKey(request.after);
    HubFailure malformed;
    malformed.fault = HubFault::kMalformed;
    malformed.message = "`after` is not the `next` of a page";
    if (!after) return HubReply<SnapshotPage>(std::move(malformed));
  }
  // A snapshot that the feed's floor has overtaken cannot be continued by the feed: begin again.
  const HubSequence since = after ? after->start : HubSequence(~std::uint64_t{0});
  CONTEXTSYNC_ASSIGN_OR_RETURN(Opened opened, Open(store, workspace, request.claim, since));
  if (opened.failure) return HubReply<SnapshotPage>(std::move(*opened.failure));
  SnapshotReader reader(store, workspace, *opened.stage);
  CONTEXTSYNC_ASSIGN_OR_RETURN(SnapshotPage page, request.context ? reader.ReadOne(*request.context)
                                                                  : reader.ReadPage(after));
  page.server_time = now;
  return HubReply<SnapshotPage>(std::move(page));
}

}  // namespace contextsync
