#include <algorithm>
#include <cctype>

#include "collector/receive/otlp_receiver.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

std::string_view content_type(MessageFormat format) {
  return format == MessageFormat::kJson ? kJson : kProtobuf;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// `application/json; charset=utf-8` is `application/json`.
std::string media_type(std::string_view header) {
  return lower_case(trimmed(header.substr(0, header.find(';'))));
}

int http_status(Refusal refusal) {
  switch (refusal) {
    case Refusal::kTooLarge:
      return 413;
    case Refusal::kContentType:
    case Refusal::kEncoding:
      return 415;
    case Refusal::kMethod:
      return 405;
    case Refusal::kNotTraces:
      return 404;
    case Refusal::kTimeout:
      return 408;
    case Refusal::kBusy:
      return 503;
    default:
      return 400;
  }
}

HttpResponse refused(Refusal refusal, const std::string& message, MessageFormat format) {
  HttpResponse response;
  response.status = http_status(refusal);
  response.content_type = content_type(format);
  response.body = encode_status(rpc_code(refusal), message, format);
  if (refusal == Refusal::kBusy) response.headers.emplace_back("Retry-After", "1");
  if (refusal == Refusal::kMethod) response.headers.emplace_back("Allow", "POST");
  return response;
}

std::string wrong_path(const std::string& path) {
  const auto only_traces = [](std::string_view signal, std::string_view variable) {
    return "Seamtrace receives traces only, no " + std::string(signal) + ": set " +
           std::string(variable) + "=none";
  };
  if (path == "/v1/metrics") return only_traces("metrics", "OTEL_METRICS_EXPORTER");
  if (path == "/v1/logs") return only_traces("logs", "OTEL_LOGS_EXPORTER");
  return "OTLP is received at /v1/traces";
}

/// What is neither is answered in JSON.
MessageFormat format_of(const std::string& type) {
  return type == kProtobuf ? MessageFormat::kProtobuf : MessageFormat::kJson;
}

}  // namespace

HttpResponse OtlpReceiver::handle(const HttpRequest& request) {
  const std::string type = media_type(request.header("content-type"));
  const MessageFormat format = format_of(type);
  const auto refuse_with = [&](Refusal refusal, const std::string& message) {
    refuse(refusal, message);
    return refused(refusal, message, format);
  };
  if (request.path != "/v1/traces")
    return refuse_with(Refusal::kNotTraces, wrong_path(request.path));
  if (request.method != "POST")
    return refuse_with(Refusal::kMethod, "spans are sent to /v1/traces with POST");
  if (type != kProtobuf && type != kJson)
    return refuse_with(Refusal::kContentType,
                       "the Content-Type must be application/x-protobuf or application/json");
  const std::string encoding = lower_case(trimmed(request.header("content-encoding")));
  if (!encoding.empty() && encoding != "identity" && encoding != "gzip")
    return refuse_with(Refusal::kEncoding,
                       "the Content-Encoding must be gzip or none: set "
                       "OTEL_EXPORTER_OTLP_COMPRESSION=gzip");
  const OtlpAnswer answer =
      receive(request.body, format, encoding == "gzip" ? Compression::kGzip : Compression::kNone);
  if (answer.refusal) return refused(*answer.refusal, answer.message, format);
  HttpResponse response;
  response.content_type = content_type(format);
  response.body = encode_response(answer, format);
  return response;
}

HttpResponse OtlpReceiver::handle_refused(int status, const std::string& sentence,
                                          const HttpRequest& head) {
  const Refusal refusal = status == 413   ? Refusal::kTooLarge
                          : status == 503 ? Refusal::kBusy
                                          : Refusal::kMalformed;
  const std::string message = refusal == Refusal::kTooLarge ? too_large() : sentence;
  refuse(refusal, message);
  HttpResponse response =
      refused(refusal, message, format_of(media_type(head.header("content-type"))));
  response.status = status;
  return response;
}

}  // namespace seamtrace::collector
