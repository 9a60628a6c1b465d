#include "collector/receive/grpc/grpc_stream.h"

#include <nghttp2/nghttp2.h>

#include <initializer_list>
#include <utility>
#include <vector>

#include "collector/receive/grpc/grpc_connection.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
constexpr std::string_view kContentType = "application/grpc";

uint8_t* bytes_of(std::string_view text) {
  // nghttp2 copies; it does not write.
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

using Header = std::pair<std::string_view, std::string_view>;

std::vector<nghttp2_nv> name_values(std::initializer_list<Header> headers) {
  std::vector<nghttp2_nv> result;
  for (const auto& [name, value] : headers)
    result.push_back(
        {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  return result;
}

/// `application/grpc`, `application/grpc+proto`, either with parameters.
bool is_grpc_protobuf(std::string_view type) {
  type = type.substr(0, type.find(';'));
  return type == kContentType || type == "application/grpc+proto";
}

std::string unknown_method(std::string_view path) {
  if (path.find(".metrics.") != std::string_view::npos)
    return "Seamtrace receives traces only, no metrics: set OTEL_METRICS_EXPORTER=none";
  if (path.find(".logs.") != std::string_view::npos)
    return "Seamtrace receives traces only, no logs: set OTEL_LOGS_EXPORTER=none";
  return "there is no such method; OTLP's is " + std::string(kMethod.substr(1));
}

ssize_t read_answer(nghttp2_session* session, int32_t, uint8_t* buffer, size_t size,
                    uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<GrpcStream*>(source->ptr);
  const size_t count =
      stream.answer.copy(reinterpret_cast<char*>(buffer), size, stream.answer_sent);
  stream.answer_sent += count;
  if (stream.answer_sent < stream.answer.size()) return static_cast<ssize_t>(count);
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  const auto trailers = name_values({{"grpc-status", "0"}});
  nghttp2_submit_trailer(session, stream.id, trailers.data(), trailers.size());
  return static_cast<ssize_t>(count);
}

}  // namespace

GrpcStream* GrpcConnection::find(int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

void GrpcConnection::on_stream_end(int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  host_.release(found->second.body.size());
  streams_.erase(found);
  changed_ns_ = monotonic_ns();
}

void GrpcConnection::on_headers(GrpcStream& stream) {
  if (stream.method != "POST") {
    host_.refuse(Refusal::kMethod, "gRPC is spoken with POST");
    return answer_http(stream, "405");
  }
  if (!is_grpc_protobuf(stream.content_type)) {
    host_.refuse(Refusal::kContentType, "the content-type of gRPC must be application/grpc");
    return answer_http(stream, "415");
  }
  if (stream.path != kMethod)
    refuse(stream, Refusal::kNotTraces, RpcCode::kUnimplemented, unknown_method(stream.path));
}

void GrpcConnection::on_data(GrpcStream& stream, std::string_view bytes) {
  if (stream.answered) return;
  stream.changed_ns = monotonic_ns();
  if (!host_.reserve(bytes.size()))
    return refuse(stream, Refusal::kBusy, RpcCode::kUnavailable,
                  "too many requests at once; send them again later");
  stream.body += bytes;
  const auto prefix = read_grpc_prefix(stream.body);
  if (!prefix) return;
  if (prefix->size > host_.most_message())
    return refuse(stream, Refusal::kTooLarge, RpcCode::kResourceExhausted,
                  "the message has more than " + std::to_string(host_.most_message()) +
                      " bytes; send smaller batches");
  if (stream.body.size() > kGrpcPrefix + prefix->size)
    refuse(stream, Refusal::kMalformed, RpcCode::kInternal,
           "the request has more than one message");
}

void GrpcConnection::on_complete(GrpcStream& stream) {
  stream.complete = true;
  if (stream.answered) return;
  const auto prefix = read_grpc_prefix(stream.body);
  if (!prefix || stream.body.size() < kGrpcPrefix + prefix->size || prefix->compressed > 1)
    return refuse(stream, Refusal::kMalformed, RpcCode::kInternal,
                  "the request does not hold one whole message of gRPC");
  const bool gzip = prefix->compressed == 1;
  if (gzip && (stream.encoding.empty() || stream.encoding == "identity"))
    return refuse(stream, Refusal::kMalformed, RpcCode::kInternal,
                  "the message is compressed, and grpc-encoding does not say how");
  if (gzip && stream.encoding != "gzip")
    return refuse(stream, Refusal::kEncoding, RpcCode::kUnimplemented,
                  "the grpc-encoding must be gzip or identity: set "
                  "OTEL_EXPORTER_OTLP_COMPRESSION=gzip");
  GrpcCall call{.connection = id_, .stream = stream.id, .body = {}, .gzip = gzip};
  call.body.swap(stream.body);
  const size_t size = call.body.size();
  if (host_.call(std::move(call))) return;
  host_.release(size);
  refuse(stream, Refusal::kBusy, RpcCode::kUnavailable,
         "too many requests at once; send them again later");
}

void GrpcConnection::check_stream(GrpcStream& stream, uint64_t now_ns) {
  const auto passed = [&](uint64_t since, std::chrono::seconds longest) {
    return now_ns > since + static_cast<uint64_t>(std::chrono::nanoseconds(longest).count());
  };
  const GrpcServerOptions& options = host_.options();
  if (stream.answered) {
    if (passed(stream.changed_ns, options.patience))
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
    return;
  }
  if (stream.complete) return;  // the workers have it
  if (passed(stream.changed_ns, options.patience) ||
      passed(stream.began_ns, options.longest_request))
    refuse(stream, Refusal::kTimeout, RpcCode::kDeadlineExceeded,
           "the request did not arrive in time");
}

void GrpcConnection::reply(int32_t id, GrpcReply&& reply) {
  GrpcStream* stream = find(id);
  if (stream == nullptr || stream->answered || phase_ != Phase::kOpen) return;
  if (reply.code == RpcCode::kOk)
    answer_message(*stream, reply.body);
  else
    answer_status(*stream, reply.code, reply.message);
}

void GrpcConnection::refuse(GrpcStream& stream, Refusal refusal, RpcCode code,
                            const std::string& message) {
  host_.refuse(refusal, message);
  answer_status(stream, code, message);
}

/// What it said is not needed any more.
void GrpcConnection::mark_answered(GrpcStream& stream) {
  stream.answered = true;
  stream.changed_ns = monotonic_ns();
  host_.release(stream.body.size());
  stream.body = {};
}

void GrpcConnection::answer_http(GrpcStream& stream, const char* status) {
  mark_answered(stream);
  const auto headers = name_values({{":status", status}});
  nghttp2_submit_response(session_, stream.id, headers.data(), headers.size(), nullptr);
}

void GrpcConnection::answer_status(GrpcStream& stream, RpcCode code, const std::string& message) {
  mark_answered(stream);
  const std::string number = std::to_string(static_cast<uint32_t>(code));
  const std::string text = encode_grpc_text(message);
  const auto headers = name_values({{":status", "200"},
                                    {"content-type", kContentType},
                                    {"grpc-status", number},
                                    {"grpc-message", text},
                                    {"grpc-accept-encoding", "identity,gzip"}});
  nghttp2_submit_response(session_, stream.id, headers.data(), headers.size(), nullptr);
}

void GrpcConnection::answer_message(GrpcStream& stream, std::string_view message) {
  mark_answered(stream);
  stream.answer = with_grpc_prefix(message);
  const auto headers = name_values({{":status", "200"},
                                    {"content-type", kContentType},
                                    {"grpc-accept-encoding", "identity,gzip"}});
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;  // a map's values stay where they are
  provider.read_callback = read_answer;
  nghttp2_submit_response(session_, stream.id, headers.data(), headers.size(), &provider);
}

}  // namespace seamtrace::collector
