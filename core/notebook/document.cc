#include "core/notebook/document.h"

#include <utility>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

/// What the header repeats of the view, so that lists need not decode cells.
void CopyFromShown(Document& document) {
  document.header.is_shown = document.shown->exists;
  document.header.parent = document.shown->parent;
  document.header.created_at = document.shown->created_at;
}

}  // namespace

Document EmptyDocument() {
  Document document;
  SetState(document, State{}, View{});
  return document;
}

void SetState(Document& document, State state, View view) {
  document.state = std::make_shared<const State>(std::move(state));
  document.view = std::make_shared<const View>(std::move(view));
  document.shown = document.view;
  document.is_stored = false;
  CopyFromShown(document);
}

void SetState(Document& document, State state) {
  View view = Render(state);
  SetState(document, std::move(state), std::move(view));
}

Status JoinParked(const TableReader& tables, const ContextRef& ref, State& state) {
  Status status;
  const auto join = [&](std::string_view key, std::string_view) -> Status {
    const EntryId id(std::string(key.substr(keys::ParkedOf(ref).size())));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, tables.Get(tables::kParked, keys::Parked(id)));
    if (!bytes) return Error(ErrorCode::kCorruption, "a parked entry is missing");
    CONTEXTSYNC_ASSIGN_OR_RETURN(const ParkedEntry parked, Decode<ParkedEntry>(*bytes));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, parked.entry.DecodeDelta());
    Join(state, delta);
    return {};
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kParked, PrefixRange(keys::ParkedOf(ref)),
                                          [&](std::string_view key, std::string_view value) {
                                            status = join(key, value);
                                            return status.ok();
                                          }));
  return status;
}

Status LayParkedOver(const TableReader& tables, const ContextRef& ref, Document& document) {
  document.shown = document.view;
  if (document.header.parked == 0) {
    CopyFromShown(document);
    return {};
  }
  State state = *document.state;
  CONTEXTSYNC_RETURN_IF_ERROR(JoinParked(tables, ref, state));
  document.shown = std::make_shared<const View>(Render(state));
  CopyFromShown(document);
  return {};
}

Result<std::optional<DocumentHeader>> LoadHeader(const TableReader& tables,
                                                 keys::Generation generation,
                                                 const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes,
                               tables.Get(tables::kDocuments, keys::Header(generation, ref)));
  if (!bytes) return std::optional<DocumentHeader>{};
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto header, Decode<DocumentHeader>(*bytes));
  return std::optional<DocumentHeader>(std::move(header));
}

Result<DocumentPtr> LoadDocument(const TableReader& tables, keys::Generation generation,
                                 const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto header, LoadHeader(tables, generation, ref));
  if (!header) return DocumentPtr{};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto cells,
                               tables.Get(tables::kDocuments, keys::Cells(generation, ref)));
  if (!cells) return Error(ErrorCode::kCorruption, "a context has lost its cells");
  CONTEXTSYNC_ASSIGN_OR_RETURN(State state, DecodeState(*cells));
  auto document = std::make_shared<Document>();
  document->header = std::move(*header);
  SetState(*document, std::move(state));
  document->is_stored = true;
  CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(tables, ref, *document));
  return DocumentPtr(std::move(document));
}

}  // namespace contextsync
