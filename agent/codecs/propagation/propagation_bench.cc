// Nanoseconds to read and to write a context.
#include <benchmark/benchmark.h>

#include <string_view>

#include "agent/codecs/propagation/propagation.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

void read_traceparent(benchmark::State& state) {
  for (auto _ : state) {
    TraceContext context = parse_traceparent(kTraceparent);
    benchmark::DoNotOptimize(&context);
  }
}
BENCHMARK(read_traceparent);

void write_headers(benchmark::State& state, uint32_t propagators) {
  const TraceContext context = parse_traceparent(kTraceparent);
  char out[1024];
  for (auto _ : state) {
    benchmark::DoNotOptimize(format_headers(propagators, context, {}, {}, out, sizeof out));
    benchmark::ClobberMemory();
  }
}
BENCHMARK_CAPTURE(write_headers, default_formats, kTraceContext | kBaggage);
BENCHMARK_CAPTURE(write_headers, all_formats, 255);

}  // namespace
}  // namespace seamtrace::agent::codecs
