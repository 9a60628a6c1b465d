#include "collector/export/otlp/http_client.h"

#include <curl/curl.h>

#include "wire/configuration.h"

namespace seamtrace::collector {

namespace {

constexpr size_t kLargestBody = 64 * 1024;

size_t on_body(char* bytes, size_t, size_t count, void* user) {
  auto& body = static_cast<PostResponse*>(user)->body;
  body.append(bytes, std::min(count, kLargestBody - std::min(body.size(), kLargestBody)));
  return count;
}

size_t on_header(char* bytes, size_t, size_t count, void* user) {
  auto& response = *static_cast<PostResponse*>(user);
  std::string_view line(bytes, count);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // a new head, e.g. after 100 Continue
    response.retry_after.reset();
    response.content_type.clear();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = wire::trim(line.substr(colon + 1));
  if (wire::equals_ignoring_case(name, "Retry-After")) response.retry_after = value;
  if (wire::equals_ignoring_case(name, "Content-Type")) response.content_type = value;
  return count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* stop = static_cast<const std::atomic<bool>*>(user);
  return stop != nullptr && stop->load(std::memory_order_relaxed) ? 1 : 0;
}

/// True where the request may not have reached the receiver, or its answer not us.
bool is_connection_failure(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

void set_file(CURL* curl, CURLoption option, const std::string& path) {
  if (!path.empty()) curl_easy_setopt(curl, option, path.c_str());
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  char error[CURL_ERROR_SIZE] = {};

  ~Handle() {
    curl_slist_free_all(headers);
    if (curl != nullptr) curl_easy_cleanup(curl);
  }
};

HttpClient::HttpClient(HttpClientOptions options)
    : options_(std::move(options)), handle_(std::make_unique<Handle>()) {
  [[maybe_unused]] static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  handle_->curl = curl_easy_init();
  CURL* const curl = handle_->curl;
  if (curl == nullptr) return;
  for (const auto& [name, value] : options_.headers) {
    // curl writes a header without a value only when it ends in a semicolon.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    handle_->headers = curl_slist_append(handle_->headers, line.c_str());
  }
  handle_->headers = curl_slist_append(handle_->headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle_->headers);
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);  // a whole batch in one send
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->error);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  set_file(curl, CURLOPT_CAINFO, options_.tls.certificate);
  set_file(curl, CURLOPT_SSLCERT, options_.tls.client_certificate);
  set_file(curl, CURLOPT_SSLKEY, options_.tls.client_key);
}

HttpClient::~HttpClient() = default;

PostResponse HttpClient::post(const PostRequest& request) {
  PostResponse response;
  CURL* const curl = handle_->curl;
  if (curl == nullptr) {
    response.error = "libcurl could not be started";
    return response;
  }
  handle_->error[0] = '\0';
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(request.stop));

  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) {
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
    return response;
  }
  response.error = handle_->error[0] != '\0' ? handle_->error : curl_easy_strerror(code);
  response.stopped = code == CURLE_ABORTED_BY_CALLBACK;
  response.connection_failed = is_connection_failure(code);
  return response;
}

}  // namespace seamtrace::collector
