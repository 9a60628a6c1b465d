// Every parser on any bytes: what is valid has ids, and comes back from what we write of it.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/codecs/propagation/propagation.h"

namespace seamtrace::agent::codecs {
namespace {

// Unlike assert, in every build.
void require(bool condition) {
  if (!condition) abort();
}

bool is_zero(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i)
    if (bytes[i] != 0) return false;
  return true;
}

void check_context(const TraceContext& context) {
  if (!context.valid) return;
  require(!is_zero(context.trace_id, 16) && !is_zero(context.span_id, 8));
  require((context.flags & ~(kFlagSampled | kFlagRandom)) == 0);
  require(context.sampling_decided || context.flags == 0);
  char out[55];
  format_traceparent(context, out);
  const TraceContext back = parse_traceparent({out, sizeof out});
  require(back.valid && back.flags == context.flags);
  require(memcmp(back.trace_id, context.trace_id, 16) == 0);
  require(memcmp(back.span_id, context.span_id, 8) == 0);

  char lines[1024];
  require(format_headers(~0u, context, "a=1", "b=2", lines, sizeof lines) > 0);
}

size_t members(std::string_view list) {
  size_t count = list.empty() ? 0 : 1;
  for (const char c : list) count += c == ',' ? 1 : 0;
  return count;
}

void check_lists(std::string_view first, std::string_view second, size_t capacity) {
  const std::unique_ptr<char[]> out(new char[capacity]);
  bool invalid = false;
  size_t size = append_tracestate(out.get(), 0, capacity, first, invalid);
  size = append_tracestate(out.get(), size, capacity, second, invalid);
  require(size <= capacity && (!invalid || size == 0));
  const std::string state(out.get(), size);
  require(members(state) <= 32);
  // What was accepted is accepted again, unchanged.
  const std::unique_ptr<char[]> again(new char[capacity]);
  invalid = false;
  require(append_tracestate(again.get(), 0, capacity, state, invalid) == size && !invalid);
  require(memcmp(again.get(), state.data(), size) == 0);
  for (const size_t limit : {size_t{512}, size / 2, size_t{0}}) {
    std::string text = state;
    const size_t shorter = shorten_tracestate(text.data(), text.size(), limit);
    require(shorter <= limit || shorter == size);
    require(shorter <= limit || size <= limit);
    invalid = false;
    require(append_tracestate(again.get(), 0, capacity, {text.data(), shorter}, invalid) ==
            shorter);
    require(!invalid);
  }

  size = append_baggage(out.get(), 0, capacity, first);
  size = append_baggage(out.get(), size, capacity, second);
  require(size <= capacity && size <= 8192);
  const std::string_view baggage(out.get(), size);
  require(members(baggage) <= 64);
  for (const char c : baggage) require(c == '\t' || static_cast<uint8_t>(c) >= ' ');
}

}  // namespace
}  // namespace seamtrace::agent::codecs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent::codecs;
  if (size < 2) return 0;
  // A copy without a NUL after it, so that AddressSanitizer sees a read beyond the value.
  const size_t rest = size - 2;
  const std::unique_ptr<char[]> copy(new char[rest]);
  if (rest > 0) memcpy(copy.get(), data + 2, rest);
  const std::string_view value(copy.get(), rest);
  std::string_view parts[4];
  size_t begin = 0;
  for (std::string_view& part : parts) {
    size_t end = begin;
    while (end < rest && copy[end] != '\n') ++end;
    part = {copy.get() + begin, end - begin};
    begin = end < rest ? end + 1 : rest;
  }
  require(parse_propagators(value) < 256);
  check_context(parse_traceparent(value));
  check_context(parse_b3(value));
  check_context(parse_b3_multi(parts[0], parts[1], parts[2], parts[3]));
  check_context(parse_jaeger(value));
  check_context(parse_xray(value));
  check_context(parse_ottrace(parts[0], parts[1], parts[2]));
  check_context(parse_gcp(value));
  check_lists(parts[0], parts[1], static_cast<size_t>(data[0]) * 64 + data[1] + 1);
  return 0;
}
