// Document: one context decoded, immutable and shared between the cache, readers and the strand.

#pragma once

#include <memory>
#include <optional>

#include "core/document/render.h"
#include "core/document/state.h"
#include "core/notebook/overlay.h"
#include "core/notebook/records.h"

namespace contextsync {

struct Document {
  DocumentHeader header;
  std::shared_ptr<const State> state;
  std::shared_ptr<const View> view;   // Render(*state): what an update is compiled against
  std::shared_ptr<const View> shown;  // what people see: refused own writes laid over; else == view
  bool is_stored = false;             // the store holds these very cells
};

using DocumentPtr = std::shared_ptr<const Document>;

/// The data people see, kept alive by itself.
inline std::shared_ptr<const Json> ShownData(const Document& document) {
  return {document.shown, &document.shown->data};
}

/// Where documents come from: a cache over the store, or a changeset over that.
class DocumentSource {
 public:
  virtual ~DocumentSource() = default;

  /// nullptr: the context was never seen. Errors: kCorruption, kUnavailable.
  [[nodiscard]] virtual Result<DocumentPtr> Find(const ContextRef& ref) const = 0;
};

/// A document without cells, as for a context never seen.
Document EmptyDocument();

/// `state` with its view. `shown` becomes the view, and `header` what follows from it.
void SetState(Document& document, State state, View view);
void SetState(Document& document, State state);

/// Joins the deltas of all parked entries of `ref` into `state`.
Status JoinParked(const TableReader& tables, const ContextRef& ref, State& state);

/// Lays the parked entries of `ref` over the view.
Status LayParkedOver(const TableReader& tables, const ContextRef& ref, Document& document);

/// Reads and decodes one context; nullptr when it was never seen.
Result<DocumentPtr> LoadDocument(const TableReader& tables, keys::Generation generation,
                                 const ContextRef& ref);

/// Only the header. Nothing: never seen.
Result<std::optional<DocumentHeader>> LoadHeader(const TableReader& tables,
                                                 keys::Generation generation,
                                                 const ContextRef& ref);

}  // namespace contextsync
