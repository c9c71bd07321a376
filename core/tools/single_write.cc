#include "core/tools/single_write.h"

#include <algorithm>
#include <utility>

#include "core/tools/write_request.h"

namespace contextsync {

SingleWrite::SingleWrite(ArgumentReader& in, const ActionContext& context)
    : Operation(context.OperationName()), request_(ReadWriteRequest(in, context)) {
  wishes.require_cloud = ReadRequireCloud(in);
}

std::optional<Refusal> SingleWrite::Run(const Notebook& /*notebook*/) {
  return Refusal{RefusalCode::kInternal, "A write was run as a read.", "", Json::object()};
}

std::optional<Refusal> SingleWrite::RunWrite(Notebook& notebook) {
  auto write = Plan(notebook, StoredParents(notebook));
  if (!write.ok()) return std::move(write).failure();
  request_.writes = {std::move(write).value()};
  auto receipt = notebook.Write(request_);
  if (!receipt.ok()) {
    Refusal refusal = std::move(receipt).failure();
    refusal.details.erase("index");  // there is only one
    return refusal;
  }
  Accept(std::move(receipt).value(), notebook);
  return std::nullopt;
}

void SingleWrite::Accept(WriteReceipt receipt, const Notebook& notebook) {
  receipt_ = std::move(receipt);
  OnWritten(notebook, receipt_.repeated);
}

void SingleWrite::RefreshVersions(const Notebook& notebook) {
  RefreshVersionsOf(receipt_, notebook);
}

std::vector<ContextInfo> SingleWrite::Shown() const {
  return ShownBy(receipt_);
}

void RefreshVersionsOf(WriteReceipt& receipt, const Notebook& notebook) {
  for (auto& write : receipt.writes) {
    const auto version = notebook.VersionOf(write.context);
    if (!version.ok()) continue;
    write.version = version.value().version;
    write.pending = version.value().pending;
  }
}

std::vector<ContextInfo> ShownBy(const WriteReceipt& receipt) {
  std::vector<ContextInfo> shown;
  for (const auto& write : receipt.writes) {
    const auto same = std::find_if(shown.begin(), shown.end(), [&write](const ContextInfo& info) {
      return info.context == write.context;
    });
    ContextInfo& info = same == shown.end() ? shown.emplace_back() : *same;
    info.context = write.context;
    info.version = write.version;
    info.pending = write.pending;
  }
  return shown;
}

}  // namespace contextsync
