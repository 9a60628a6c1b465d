// Trace context -> field lines of every format.
#include <cstring>

#include "agent/codecs/propagation/hexadecimal.h"
#include "agent/codecs/propagation/propagation.h"

namespace seamtrace::agent::codecs {
namespace {

// Writes into a buffer until it is full; from then on nothing.
class Writer {
 public:
  Writer(char* out, size_t capacity) : out_(out), capacity_(capacity) {}

  // Room for `size` more bytes, or null.
  char* take(size_t size) {
    if (full_ || capacity_ - size_ < size) {
      full_ = true;
      return nullptr;
    }
    size_ += size;
    return out_ + size_ - size;
  }

  void text(std::string_view bytes) {
    char* const at = take(bytes.size());
    if (at != nullptr) memcpy(at, bytes.data(), bytes.size());
  }

  void hex(const uint8_t* bytes, size_t size) {
    char* const at = take(2 * size);
    if (at != nullptr) write_hex(bytes, size, at);
  }

  void decimal(uint64_t number) {
    char digits[20];
    size_t first = sizeof digits;
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    text({digits + first, sizeof digits - first});
  }

  size_t size() const { return full_ ? 0 : size_; }

 private:
  char* out_;
  size_t capacity_;
  size_t size_ = 0;
  bool full_ = false;
};

constexpr size_t kTraceparentBytes = 55;

void write_b3_multi(Writer& writer, const TraceContext& context, bool sampled) {
  writer.text("X-B3-TraceId: ");
  writer.hex(context.trace_id, 16);
  writer.text("\r\nX-B3-SpanId: ");
  writer.hex(context.span_id, 8);
  writer.text(sampled ? "\r\nX-B3-Sampled: 1\r\n" : "\r\nX-B3-Sampled: 0\r\n");
}

// Tracers that speak this format have trace ids of 64 bits: the lower half.
void write_ottrace(Writer& writer, const TraceContext& context, bool sampled) {
  writer.text("ot-tracer-traceid: ");
  writer.hex(context.trace_id + 8, 8);
  writer.text("\r\not-tracer-spanid: ");
  writer.hex(context.span_id, 8);
  writer.text(sampled ? "\r\not-tracer-sampled: true\r\n" : "\r\not-tracer-sampled: false\r\n");
}

void write_xray(Writer& writer, const TraceContext& context, bool sampled) {
  writer.text("X-Amzn-Trace-Id: Root=1-");
  writer.hex(context.trace_id, 4);
  writer.text("-");
  writer.hex(context.trace_id + 4, 12);
  writer.text(";Parent=");
  writer.hex(context.span_id, 8);
  writer.text(sampled ? ";Sampled=1\r\n" : ";Sampled=0\r\n");
}

void write_gcp(Writer& writer, const TraceContext& context, bool sampled) {
  uint64_t span = 0;
  for (const uint8_t byte : context.span_id) span = span << 8 | byte;
  writer.text("X-Cloud-Trace-Context: ");
  writer.hex(context.trace_id, 16);
  writer.text("/");
  writer.decimal(span);
  writer.text(sampled ? ";o=1\r\n" : ";o=0\r\n");
}

void write_field(Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer.text(name);
  writer.text(value);
  writer.text("\r\n");
}

// `name: {trace}{separator}{span}` of the formats that need no more than an end.
void write_ids(Writer& writer, std::string_view name, const TraceContext& context,
               std::string_view separator, std::string_view end) {
  writer.text(name);
  writer.hex(context.trace_id, 16);
  writer.text(separator);
  writer.hex(context.span_id, 8);
  writer.text(end);
}

void write_context(Writer& writer, uint32_t propagators, const TraceContext& context,
                   std::string_view tracestate) {
  const bool sampled = (context.flags & kFlagSampled) != 0;
  if ((propagators & kTraceContext) != 0) {
    writer.text("traceparent: ");
    char* const at = writer.take(kTraceparentBytes);
    if (at != nullptr) format_traceparent(context, at);
    writer.text("\r\n");
    write_field(writer, "tracestate: ", tracestate);
  }
  if ((propagators & kB3) != 0)
    write_ids(writer, "b3: ", context, "-", sampled ? "-1\r\n" : "-0\r\n");
  if ((propagators & kB3Multi) != 0) write_b3_multi(writer, context, sampled);
  if ((propagators & kJaeger) != 0)
    write_ids(writer, "uber-trace-id: ", context, ":", sampled ? ":0:1\r\n" : ":0:0\r\n");
  if ((propagators & kXray) != 0) write_xray(writer, context, sampled);
  if ((propagators & kOtTrace) != 0) write_ottrace(writer, context, sampled);
  if ((propagators & kGcp) != 0) write_gcp(writer, context, sampled);
}

}  // namespace

// REQUIRES: tracestate and baggage come from append_tracestate and append_baggage: they hold
// no control characters.
size_t format_headers(uint32_t propagators, const TraceContext& context,
                      std::string_view tracestate, std::string_view baggage, char* out,
                      size_t capacity) {
  Writer writer(out, capacity);
  if (context.valid) write_context(writer, propagators, context, tracestate);
  if ((propagators & kBaggage) != 0) write_field(writer, "baggage: ", baggage);
  return writer.size();
}

}  // namespace seamtrace::agent::codecs
