// Full text search of a notebook: changed contexts are taken into the index before a search.

#include <limits>
#include <utility>

#include "core/notebook/notebook.h"
#include "core/notebook/notebook_core.h"
#include "core/notebook/refusals.h"
#include "core/notebook/search.h"
#include "core/notebook/search_index.h"

namespace contextsync {

namespace {

// Contexts that one turn on the strand takes into the index while a search waits for all of them.
constexpr std::size_t kIndexedBeforeSearch = 256;

constexpr std::size_t kAllTurns = std::numeric_limits<std::size_t>::max();

Refusal QueryRefusal(const Error& error) {
  return {RefusalCode::kInvalidArgument,
          error.message(),
          R"(For example "refresh tok*".)",
          {{"parameter", "query"}}};
}

}  // namespace

Checked<SearchPage> Notebook::Search(const SearchQuery& query) const {
  auto text = ParseTextQuery(query.text);
  if (!text.ok()) return QueryRefusal(text.error());
  if (!UpdateIndex(kAllTurns).ok()) return SearchUnwritten(query, text.value());
  const SearchSource committed{core_->strand.tables(), core_->strand.documents(),
                               core_->meta()->generation, core_->has_hub};
  return ReadSearch(committed, query, text.value());
}

Result<bool> Notebook::UpdateIndex(std::size_t most_turns) const {
  for (std::size_t turn = 0; turn < most_turns; ++turn) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_complete, IndexSome(kIndexedBeforeSearch));
    if (is_complete) return true;
  }
  return false;
}

Checked<SearchPage> Notebook::SearchUnwritten(const SearchQuery& query,
                                              const TextQuery& text) const {
  Checked<SearchPage> page = SearchPage{};
  const auto search = [&](Changeset& changes) -> Status {
    for (bool is_complete = false; !is_complete;) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto progress,
                                   TakeIntoIndex(changes, kIndexedBeforeSearch));
      is_complete = progress.complete;
    }
    page = ReadSearch({changes.tables(), changes, changes.meta().generation, core_->has_hub}, query,
                      text);
    return {};
  };
  Status read;
  CONTEXTSYNC_REFUSE_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    read = search(changes);
    return WorkEnd::kDiscard;
  }));
  CONTEXTSYNC_REFUSE_IF_ERROR(std::move(read));
  return page;
}

Result<bool> Notebook::IndexSome(std::size_t most) const {
  if (core_->indexed == core_->IndexVersion()) return true;
  Result<IndexProgress> progress = IndexProgress{};
  std::uint64_t version = 0;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    version = core_->IndexVersion();
    progress = TakeIntoIndex(changes, most);
    const bool is_changed = progress.ok() && progress.value().taken > 0;
    return is_changed ? WorkEnd::kKeepBuffered : WorkEnd::kDiscard;
  }));
  if (!progress.ok()) return std::move(progress).error();
  if (progress.value().complete) core_->indexed = version;
  return progress.value().complete;
}

Status Notebook::RebuildIndex() {
  Status done;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.RunAlone([&](Changeset& changes) {
    ++core_->rebuilds;
    done = BeginIndexAnew(changes);
    return done.ok() ? WorkEnd::kKeepBuffered : WorkEnd::kDiscard;
  }));
  return done;
}

}  // namespace contextsync
