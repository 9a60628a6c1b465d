// HttpClient: one kept-alive connection to a receiver.
// Path:    export/otlp -> [libcurl] -> back end
// Owner:   the exporter's thread.
// Threads: one; `stop` of a request may be set by any.
// Memory:  keeps at most 64 KiB of an answer, reads and forgets the rest.
// Failure: in the result; never throws.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seamtrace::collector {

struct TlsOptions {
  std::string certificate;         ///< PEM file of trusted roots; empty: the system's
  std::string client_certificate;  ///< PEM file
  std::string client_key;          ///< PEM file
};

struct HttpClientOptions {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  TlsOptions tls;
};

struct PostRequest {
  std::string_view body;
  std::chrono::milliseconds timeout{};  ///< zero: no limit
  /// Becomes true when the request is to be given up.
  const std::atomic<bool>* stop = nullptr;
};

struct PostResponse {
  long status = 0;                 ///< 0: no answer, see `error`
  std::string error;               ///< what went wrong, in words
  bool connection_failed = false;  ///< no answer for want of a connection: worth another try
  bool stopped = false;
  std::string content_type;
  std::optional<std::string> retry_after;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  PostResponse post(const PostRequest& request);

 private:
  struct Handle;
  const HttpClientOptions options_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace seamtrace::collector
