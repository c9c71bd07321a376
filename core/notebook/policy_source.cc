#include "core/notebook/policy_source.h"

namespace contextsync {

const ContextRef& PolicyContext() {
  static const ContextRef kPolicy{Level::kGlobal, "_policy"};
  return kPolicy;
}

Result<const Policy*> PolicySource::Current(const DocumentSource& documents) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, documents.Find(PolicyContext()));
  const auto view = document == nullptr ? nullptr : document->view;
  if (view != parsed_from_) {
    auto parsed =
        view == nullptr || !view->exists ? Policy::BuiltIn() : Policy::FromJson(view->data);
    policy_ = parsed.ok() ? std::move(parsed).value() : Policy::BuiltIn();
    parsed_from_ = view;
  }
  return &policy_;
}

}  // namespace contextsync
