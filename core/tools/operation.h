// Operation: one validated call, ready to run. The decorator synced_tool.h runs it between pre-sync
// and post-sync; the operation itself does not know that synchronisation exists.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/notebook/notebook.h"
#include "core/notebook/refusal.h"

namespace contextsync {

class SingleWrite;

class Operation {
 public:
  /// What the caller wants of synchronisation.
  struct Wishes {
    bool force_refresh = false;  // pull first
    bool require_cloud = false;  // fail loudly unless the hub confirmed
  };

  explicit Operation(std::string name) : name_(std::move(name)) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// "manage_context.update".
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Does it. A refusal changed nothing.
  virtual std::optional<Refusal> Run(const Notebook& notebook) = 0;

  /// Does it, for operations that write.
  virtual std::optional<Refusal> RunWrite(Notebook& notebook) { return Run(notebook); }

  /// How long the caller would wait, from its call on, for a change of the notebook after which to
  /// run this again; zero: its answer is ready. Precondition: it ran and was not refused.
  [[nodiscard]] virtual std::chrono::milliseconds Patience() const { return {}; }

  /// `data` of the answer, as compact text. Precondition: it ran and was not refused.
  [[nodiscard]] virtual std::string Data() const = 0;

  /// What a write did; null for a read.
  [[nodiscard]] virtual const WriteReceipt* receipt() const { return nullptr; }

  /// The write whose keys stand beside `data`; null when there is none, or not one.
  [[nodiscard]] virtual const ContextWritten* main_write() const {
    return receipt() == nullptr ? nullptr : &receipt()->writes.back();
  }

  /// This operation as one that a batch may hold; null when it is none.
  virtual SingleWrite* AsSingleWrite() { return nullptr; }

  /// The idempotency key of a write, given or minted; empty for a read.
  [[nodiscard]] virtual std::string op_id() const { return {}; }

  /// After the hub's word was waited for: takes a write back that the hub refused because of a
  /// concurrent one, if that is what the caller asked for, and says why. Then it changed nothing.
  virtual std::optional<Refusal> Withdraw(Notebook& notebook) {
    static_cast<void>(notebook);
    return std::nullopt;
  }

  /// Reads the versions of what was written again, once the hub may have numbered it.
  virtual void RefreshVersions(const Notebook& notebook) { static_cast<void>(notebook); }

  /// The contexts the answer is about, for its conflicts and its sync state.
  [[nodiscard]] virtual std::vector<ContextInfo> Shown() const { return {}; }

  /// Whether it answers even when no notebook is open.
  [[nodiscard]] virtual bool NeedsNotebook() const { return true; }

  Wishes wishes;
  std::vector<std::string> ignored_arguments;  // accepted, without effect

 private:
  const std::string name_;
};

}  // namespace contextsync
