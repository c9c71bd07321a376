// Purging here: takes a value out of everything a notebook keeps of a context. A notebook of a hub
// asks the hub and does it when the item comes; one that never met a hub does it at once. Source:
// docs/sync_protocol.md#purge

#pragma once

#include <string>
#include <vector>

#include "core/notebook/adoption.h"
#include "core/notebook/changeset.h"
#include "core/notebook/requests.h"

namespace contextsync::purging {

/// The purges to apply to whatever is joined into `ref`.
Result<std::vector<Purge>> Kept(const TableReader& tables, const ContextRef& ref);

/// Takes `purge` out of history, journal and parked entries of `ref`, and keeps it. The document is
/// the caller's.
Status TakeOut(Changeset& changes, const ContextRef& ref, const Purge& purge);

/// As above for the purges of a snapshot, where they are news.
Status TakeOutAll(Changeset& changes, const ContextRef& ref, const std::vector<Purge>& purges);

/// Another history numbers anew: what a kept purge names goes on, up to which version it went ends.
Status ForgetNumbers(Changeset& changes, const ContextRef& ref);

/// Takes the kept purges out of an entry that comes back.
Status TakeOutOf(const Changeset& changes, JournalEntry& entry);

struct Refiling {
  const std::vector<Purge>& kept;
  const std::vector<Purge>& known;  // at the hub
  HubSequence base;
};

/// Journals the purges that the hub lacks.
Status Refile(Changeset& changes, const ContextRef& ref, const Refiling& refiling,
              const AdoptionServices& services);

/// See Notebook::Purge.
Status Begin(Changeset& changes, const PurgeRequest& request, const AdoptionServices& services);

/// See Notebook::PlanPurge.
Result<PurgePlan> Plan(const Changeset& changes, const PurgeRequest& request);

}  // namespace contextsync::purging
