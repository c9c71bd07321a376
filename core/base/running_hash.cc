#include "core/base/running_hash.h"

#include <array>

#include <openssl/evp.h>

#include "core/base/check.h"
#include "core/base/hex.h"

namespace contextsync {

struct RunningHash::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

RunningHash::RunningHash() : context_(std::make_unique<Context>()) {
  CONTEXTSYNC_CHECK(EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr) == 1);
}

RunningHash::~RunningHash() = default;

void RunningHash::Add(std::string_view bytes) {
  CONTEXTSYNC_CHECK(EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()) == 1);
}

std::string RunningHash::Finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  CONTEXTSYNC_CHECK(EVP_DigestFinal_ex(context_->evp.get(), digest.data(), &length) == 1);
  return ToHex({reinterpret_cast<const char*>(digest.data()), length});
}

}  // namespace contextsync
