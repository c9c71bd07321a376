#include "core/notebook/fingerprint.h"

#include <set>

#include "core/document/workspace_hash.h"
#include "core/notebook/document.h"
#include "core/notebook/keys.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

/// Every context ever seen, by level and then by id.
Result<std::set<ContextRef>> AllContexts(const TableReader& tables, const Meta& meta) {
  std::set<ContextRef> contexts;
  bool is_damaged = false;
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kDocuments,
                                          PrefixRange(keys::Headers(meta.generation)),
                                          [&](std::string_view key, std::string_view /*value*/) {
                                            auto ref = keys::ParseHeader(key);
                                            is_damaged = !ref.has_value();
                                            if (ref) contexts.insert(std::move(*ref));
                                            return !is_damaged;
                                          }));
  if (is_damaged) return Error(ErrorCode::kCorruption, "a context's key cannot be read");
  return contexts;
}

}  // namespace

Result<NotebookFingerprint> ReadFingerprint(const TableReader& tables, const Meta& meta) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto contexts, AllContexts(tables, meta));
  WorkspaceHash hash;
  std::uint64_t count = 0;
  for (const auto& ref : contexts) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto document, LoadDocument(tables, meta.generation, ref));
    if (document == nullptr) return Error(ErrorCode::kCorruption, "a context without cells");
    // Shown only thanks to what the hub refused: in no state, and nowhere else.
    if (document->state->cells.empty()) continue;
    hash.Add(ref, *document->state);
    ++count;
  }
  return NotebookFingerprint{count, meta.cursor, hash.Finish()};
}

}  // namespace contextsync
