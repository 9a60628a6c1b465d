// The interpreter against hostile slices: whatever the bytes are, a span comes out, all of its
// text is UTF-8 that does not borrow from the record, and redacted values do not appear in it.
#include <cstdlib>
#include <cstring>

#include "collector/interpret/interpreter.h"
#include "collector/process/resource.h"
#include "collector/process/span_limits.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {
namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

void check_text(std::string_view text, std::string_view record) {
  check(is_valid_utf8(text));
  check(text.empty() || text.data() + text.size() <= record.data() ||
        text.data() >= record.data() + record.size());
}

Configuration configuration() {
  return Configuration::from(
      {{"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST", "a,b,host"},
       {"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE", "a"},
       {"SEAMTRACE_HTTP_REDACT_QUERY_KEYS", "k"},
       {"SEAMTRACE_DATABASE_ROWS", "true"},
       {"OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,database/dup"}});
}

void one(std::string input) {
  static Interpreter interpreter(configuration(), {}, ProducerClock(1, 1),
                                 std::make_shared<const Resource>());
  static const SpanLimits limits =
      SpanLimits::from(Configuration::from({{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "40"}}));
  Record record{};
  if (input.size() < 24) return;
  wire::ExchangeRecord& exchange = record.exchange;
  exchange.role = static_cast<uint8_t>(1 + (input[0] & 1));
  exchange.protocol =
      static_cast<uint8_t>(1 + (static_cast<uint8_t>(input[0]) >> 1) % wire::kLastProtocol);
  exchange.association = static_cast<uint8_t>(input[1] & 7);
  exchange.outcome = static_cast<uint8_t>(static_cast<uint8_t>(input[2]) % 7);
  std::memcpy(&exchange.status, &input[3], 2);
  std::memcpy(&exchange.flags, &input[5], 2);
  std::memcpy(&exchange.start_ns, &input[7], 8);
  std::memcpy(&exchange.end_ns, &input[11], 8);
  std::memcpy(&exchange.error_number, &input[15], 4);
  exchange.peer.family = static_cast<uint8_t>(static_cast<uint8_t>(input[19]) % 12);
  exchange.local.family = static_cast<uint8_t>(static_cast<uint8_t>(input[20]) % 12);
  exchange.peer.port = exchange.local.port = 8080;
  if (exchange.outcome == static_cast<uint8_t>(wire::Outcome::kInFlight))
    record.death = Death{static_cast<Death::Kind>(input[21] & 3), static_cast<int8_t>(input[22]),
                         exchange.end_ns};

  // The rest: slices of `{kind, length, bytes}`.
  std::vector<Slice> slices;
  std::string_view rest = std::string_view(input).substr(23);
  while (rest.size() >= 2) {
    const auto kind = static_cast<uint8_t>(rest[0]);
    const size_t length = std::min<size_t>(static_cast<uint8_t>(rest[1]), rest.size() - 2);
    slices.push_back({static_cast<wire::SliceKind>(kind % 13), kind > 127, rest.substr(2, length)});
    rest.remove_prefix(2 + length);
  }
  record.slices = slices;

  std::pmr::monotonic_buffer_resource arena;
  Span span = interpreter.interpret(record, arena, realtime_ns());
  limits.apply(span, arena);
  check(span.end_unix_ns >= span.start_unix_ns);
  check_text(span.name, input);
  check_text(span.trace_state, input);
  check_text(span.status_message, input);
  for (const Attribute& attribute : span.attributes) {
    check_text(attribute.key, input);
    if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
      check_text(*text, input);
      if (attribute.key == "url.query") {
        const size_t key = text->starts_with("k=") ? 0 : text->find("&k=");
        if (key != std::string_view::npos) {
          const std::string_view value = text->substr(text->find('=', key) + 1);
          check(value.starts_with(std::string_view("REDACTED").substr(0, value.size())));
        }
      }
    }
    if (const auto* list = std::get_if<std::span<const std::string_view>>(&attribute.value))
      for (const std::string_view text : *list) check_text(text, input);
  }
}

}  // namespace
}  // namespace seamtrace::collector

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  seamtrace::collector::one(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
