#include "server/net/curl_hub_link.h"

#include <algorithm>
#include <atomic>
#include <string_view>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include "core/base/failpoint.h"
#include "core/base/mutex.h"
#include "core/document/json.h"
#include "core/ports/hub_wire.h"
#include "server/net/curl_error.h"
#include "server/net/retry_after.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr auto kConnectTimeout = milliseconds(3'000);
constexpr long kSlowBytesPerSecond = 1;  // a body that stands still for this long …
constexpr long kSlowSeconds = 20;        // … is given up
constexpr std::size_t kMaxAnswerBytes =
    32 * limits::kMiB;                    // a page with one largest context, and room
constexpr int kPollMilliseconds = 1'000;  // every timeout of libcurl wakes the poll earlier
constexpr int kFirstSuccess = 200;
constexpr int kFirstRedirect = 300;

/// Answers hold up to a page of deltas, each up to a message.
constexpr JsonLimits kAnswerLimits{.depth = limits::kMessageDepth,
                                   .elements = 20 * limits::kElements,
                                   .key_bytes = kWireJsonLimits.key_bytes};  // cell paths are keys

// CURL and CURLM are both void to the compiler, so each needs a deleter of its own.
struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Answer {
  std::string body;
  std::string retry_after;  // as the header has it …
  std::string date;         // … and the time by which it was written
  bool is_too_large = false;
};

std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::size_t bytes = size * count;
  if (answer.body.size() + bytes > kMaxAnswerBytes) {
    answer.is_too_large = true;
    return 0;
  }
  answer.body.append(data, bytes);
  return bytes;
}

std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* user) {
  PassFailpoint(Failpoint::kAnswerArriving);
  const std::string_view line(data, size * count);
  auto& answer = *static_cast<Answer*>(user);
  if (const auto value = HeaderValue(line, "retry-after:")) answer.retry_after = *value;
  if (const auto value = HeaderValue(line, "date:")) answer.date = *value;
  return line.size();
}

HubFailure Unreadable(const std::string& why) {
  HubFailure failure;
  failure.message = "the hub's answer cannot be read: " + why;
  return failure;
}

bool InitialiseCurlOnce() {
  static const bool kIsReady = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return kIsReady;
}

}  // namespace

/// One transfer at a time over one kept connection. The multi interface, because only it can be
/// woken at once.
class CurlHubLink::Transfer {
 public:
  static std::unique_ptr<Transfer> Create(const std::string& hub, const std::string& token) {
    auto transfer = std::make_unique<Transfer>();
    transfer->handle_.reset(curl_easy_init());
    transfer->multi_.reset(curl_multi_init());
    if (transfer->handle_ == nullptr || transfer->multi_ == nullptr) return nullptr;
    transfer->SetToken(token);
    transfer->Pin(hub.rfind("https://", 0) == 0);
    return transfer;
  }

  /// For the transfers that begin from now on.
  void SetToken(std::string token) {
    const MutexLock lock(mu_);
    token_ = std::move(token);
  }

  /// `body` null: GET. Returns the parsed answer of a 2xx.
  HubReply<Json> Run(const std::string& url, const std::string* body, Clock::Instant deadline) {
    Answer answer;
    Prepare(url, body, deadline, answer);
    const auto code = Perform();
    if (answer.is_too_large) return Unreadable("it is too large");
    if (code != CURLE_OK) return FailureFromCurl(code);
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    auto parsed = ParseStrict(answer.body, kAnswerLimits);
    if (status < kFirstSuccess || status >= kFirstRedirect) {
      return FailureFromHttp(static_cast<int>(status), parsed.ok() ? &parsed.value() : nullptr,
                             ParseRetryAfter(answer.retry_after, answer.date));
    }
    if (!parsed.ok()) return Unreadable(parsed.error().message());
    return std::move(parsed).value();
  }

  void Cancel() {
    is_cancelled_.store(true, std::memory_order_release);
    curl_multi_wakeup(multi_.get());
  }

 private:
  CURLcode Perform() {
    curl_multi_add_handle(multi_.get(), handle_.get());
    int running = 1;
    while (running > 0 && !is_cancelled_.load(std::memory_order_acquire)) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
      if (running > 0) curl_multi_poll(multi_.get(), nullptr, 0, kPollMilliseconds, nullptr);
    }
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    }
    curl_multi_remove_handle(multi_.get(), handle_.get());
    return code;
  }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }

  void AddHeader(const std::string& line) {
    auto* longer = curl_slist_append(headers_.get(), line.c_str());
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  /// The headers of the next transfer; the token may be another one than before.
  void SetHeaders() {
    std::string token;
    {
      const MutexLock lock(mu_);
      token = token_;
    }
    headers_.reset();
    AddHeader("Content-Type: application/json");
    AddHeader("Expect:");  // no pause before a large body
    if (!token.empty()) AddHeader("Authorization: Bearer " + token);
    Set(CURLOPT_HTTPHEADER, headers_.get());
  }

  void Pin(bool is_tls) {
    Set(CURLOPT_FOLLOWLOCATION, 0L);  // a redirect would carry the notebook to a stranger
    Set(CURLOPT_PROXY, "");           // the environment's proxy would see the token
    Set(CURLOPT_PROTOCOLS_STR, is_tls ? "https" : "http");
    Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_TCP_NODELAY, 1L);
    Set(CURLOPT_TCP_KEEPALIVE, 1L);
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
    Set(CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
    Set(CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
    Set(CURLOPT_WRITEFUNCTION, &TakeBody);
    Set(CURLOPT_HEADERFUNCTION, &TakeHeader);
    Set(CURLOPT_USERAGENT, "contextsync/" CONTEXTSYNC_VERSION);
  }

  void Prepare(const std::string& url, const std::string* body, Clock::Instant deadline,
               Answer& answer) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    SetHeaders();
    Set(CURLOPT_URL, url.c_str());
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(left, milliseconds(1)).count()));
    Set(CURLOPT_WRITEDATA, &answer);
    Set(CURLOPT_HEADERDATA, &answer);
    if (body == nullptr) {
      Set(CURLOPT_HTTPGET, 1L);
      return;
    }
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, body->data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
  }

  Mutex mu_;
  std::string token_ GUARDED_BY(mu_);

  // The handle goes before the connections it uses, and the headers last.
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::unique_ptr<CURL, EasyDeleter> handle_;
  std::atomic<bool> is_cancelled_ = false;
};

namespace {

template <typename Response>
HubReply<Response> Read(HubReply<Json> reply, Result<Response> (*read)(const Json&)) {
  if (!reply.ok()) return std::move(reply).failure();
  auto response = read(reply.value());
  if (response.ok()) return std::move(response).value();
  auto failure = Unreadable(response.error().message());
  // Content of a version this build does not know: stop, do not skip.
  if (response.error().code() == ErrorCode::kUnavailable)
    failure.fault = HubFault::kUpgradeRequired;
  if (response.error().code() == ErrorCode::kCorruption) failure.fault = HubFault::kHubInvalid;
  return failure;
}

}  // namespace

Result<std::unique_ptr<CurlHubLink>> CurlHubLink::Open(CurlHubLinkOptions options) {
  if (!InitialiseCurlOnce()) return Error(ErrorCode::kInternal, "libcurl cannot be initialised");
  auto transfer = Transfer::Create(options.hub, options.token);
  if (transfer == nullptr) return Error(ErrorCode::kInternal, "libcurl gives no handle");
  return std::unique_ptr<CurlHubLink>(
      new CurlHubLink(std::move(options.hub), options.workspace, std::move(transfer)));
}

CurlHubLink::CurlHubLink(std::string hub, const WorkspaceId& workspace,
                         std::unique_ptr<Transfer> transfer)
    : hub_(std::move(hub)), paths_(workspace), transfer_(std::move(transfer)) {}

CurlHubLink::~CurlHubLink() = default;

HubReply<HelloResponse> CurlHubLink::Hello(const HelloRequest& request, Clock::Instant deadline) {
  const auto body = CompactText(ToJson(request));
  return Read(transfer_->Run(hub_ + paths_.Hello(), &body, deadline), &HelloResponseFromJson);
}

HubReply<PushResponse> CurlHubLink::Push(const PushRequest& request, Clock::Instant deadline) {
  const auto body = CompactText(ToJson(request));
  return Read(transfer_->Run(hub_ + paths_.Push(), &body, deadline), &PushResponseFromJson);
}

HubReply<ChangesPage> CurlHubLink::Changes(const ChangesRequest& request, Clock::Instant deadline) {
  return Read(transfer_->Run(hub_ + paths_.Changes(request), nullptr, deadline),
              &ChangesPageFromJson);
}

HubReply<SnapshotPage> CurlHubLink::Snapshot(const SnapshotRequest& request,
                                             Clock::Instant deadline) {
  return Read(transfer_->Run(hub_ + paths_.Snapshot(request), nullptr, deadline),
              &SnapshotPageFromJson);
}

void CurlHubLink::SetToken(std::string token) {
  transfer_->SetToken(std::move(token));
}

void CurlHubLink::Cancel() {
  transfer_->Cancel();
}

}  // namespace contextsync
