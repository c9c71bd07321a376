// TableHubStore: the hub's rows in ordered tables. Source: docs/storage_format.md#hub-tables

#pragma once

#include <string>
#include <vector>

#include "core/hub/hub_store.h"
#include "core/ports/table_store.h"

namespace contextsync {

/// Lifetime: the table store must outlive it.
class TableHubStore final : public HubStore {
 public:
  /// The tables a store must hold, in this order for ever, from `first_table` on.
  static const std::vector<std::string>& TableNames();

  explicit TableHubStore(TableStore& tables, TableId first_table = 0)
      : tables_(tables), first_table_(first_table) {}

  Result<std::vector<WorkspaceId>> Workspaces() override;
  Result<std::optional<WorkspaceHead>> ReadHead(const WorkspaceId& workspace) override;
  Result<std::optional<HubDevice>> ReadDevice(const WorkspaceId& workspace,
                                              DeviceId device) override;
  Result<std::vector<HubDevice>> ReadDevices(const WorkspaceId& workspace) override;
  Result<std::optional<StoredResult>> ReadResult(const WorkspaceId& workspace, DeviceId device,
                                                 EntryNumber n) override;
  Result<std::optional<HubSequence>> FindEntry(const WorkspaceId& workspace,
                                               const EntryId& id) override;
  Result<FeedSlice> ReadFeed(const WorkspaceId& workspace, HubSequence since,
                             ReadBounds bounds) override;
  Result<std::optional<HubContext>> ReadContext(const WorkspaceId& workspace,
                                                const ContextRef& context) override;
  Result<ContextSlice> ReadContexts(const WorkspaceId& workspace,
                                    const std::optional<ContextRef>& after,
                                    ReadBounds bounds) override;
  Result<std::vector<ConflictRecord>> ReadConflicts(const WorkspaceId& workspace,
                                                    const RecordFilter& filter) override;
  Status Scrub() override { return tables_.Scrub(); }
  Status Commit(const WorkspaceId& workspace, const HubCommit& commit) override;

 private:
  enum class Table : TableId {
    kHead,      // ws → end of the feed
    kDevice,    // ws ‖ device → what is known of the notebook
    kResult,    // ws ‖ device ‖ n → answer to the entry
    kFeed,      // ws ‖ seq → item with its check
    kEntry,     // ws ‖ entry id → seq of its item
    kContext,   // ws ‖ level ‖ id → state, writers, last change
    kConflict,  // ws ‖ level ‖ id ‖ conflict id → record that may still change
    kResolved,  // likewise → record that is closed
  };

  [[nodiscard]] TableId IdOf(Table table) const {
    return static_cast<TableId>(first_table_ + static_cast<TableId>(table));
  }

  template <typename Row>
  Result<std::optional<Row>> ReadRow(Table table, std::string_view key,
                                     Result<Row> (*decode)(std::string_view)) const;

  /// Appends the rows of `range` to `rows` within `bounds`; true when rows follow.
  template <typename Row>
  Result<bool> ReadRows(Table table, const KeyRange& range, ReadBounds bounds,
                        Result<Row> (*decode)(std::string_view), std::vector<Row>& rows) const;

  void PutFeed(TableBatch& batch, const std::string& workspace_key, const HubCommit& commit) const;
  void PutConflict(TableBatch& batch, const std::string& workspace_key,
                   const ConflictRecord& record) const;

  TableStore& tables_;
  TableId first_table_;
};

}  // namespace contextsync
