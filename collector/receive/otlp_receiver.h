// OtlpReceiver: OTLP requests of SDKs, and of other collectors, become spans of ours.
// Path:    the HTTP server, GrpcServer -> [receive] -> SpanSink
// Owner:   the Collector; the servers borrow it.
// Threads: any; one request is decoded at a time, so that the memory for it is bounded. The sink
//          is called outside of that.
// Memory:  ReceiverLimits says what a request may become.
// Failure: in the answer, counted, and the last reason kept for people.
// Source:  OTLP 1.11, "OTLP/HTTP"; docs/receiving_otlp.md.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "collector/receive/decoder.h"
#include "collector/receive/otlp_answer.h"
#include "collector/receive/receiver_statistics.h"
#include "collector/receive/span_sink.h"
#include "collector/web/http_message.h"

namespace seamtrace::collector {

enum class Compression { kNone, kGzip };

class OtlpReceiver {
 public:
  /// Of a body as sent, unless other limits are given: what an HTTP server need not read.
  static constexpr size_t kLongestBody = ReceiverLimits{}.most_body;

  explicit OtlpReceiver(SpanSink sink, ReceiverLimits limits = {})
      : sink_(std::move(sink)), limits_(limits) {}

  /// Answers a request for /v1/traces, /v1/metrics, /v1/logs or any other path: where the HTTP
  /// server gives it paths that do not exist, they get 404 and a sentence that OTLP can carry.
  HttpResponse handle(const HttpRequest& request);

  /// Answers, and counts, what the HTTP server refuses by itself: see
  /// HttpServerOptions::on_refused.
  HttpResponse handle_refused(int status, const std::string& sentence, const HttpRequest& head);

  /// One ExportTraceServiceRequest. Waits as long as the sink does.
  OtlpAnswer receive(std::string_view body, MessageFormat format, Compression compression);

  /// Counts what a server refuses by itself.
  void refuse(Refusal refusal, const std::string& message) {
    counters_.refuse(refusal, 1, message);
  }

  /// For statistics: `127.0.0.1:4318`, once it listens there.
  void listens_http(std::string address) { counters_.listens_http(std::move(address)); }
  void listens_grpc(std::string address) { counters_.listens_grpc(std::move(address)); }

  const ReceiverLimits& limits() const { return limits_; }
  ReceiverStatistics statistics() const { return counters_.read(); }

 private:
  std::string too_large() const;
  DecodedRequest decode(std::string_view body, MessageFormat format, Compression compression);

  const SpanSink sink_;
  const ReceiverLimits limits_;
  ReceiverCounters counters_;
  std::mutex decoding_;
  ResourceCache resources_;  ///< under decoding_
};

}  // namespace seamtrace::collector
