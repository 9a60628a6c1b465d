// Nanoseconds a head, as programs send them.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr std::string_view kWrk = "GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view kCurl =
    "GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /api/items?page=2 HTTP/1.1\r\nHost: shop.example.com\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate\r\nReferer: http://shop.example.com/\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nDNT: 1\r\n"
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n";
constexpr std::string_view kNginx =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 18:39:39 GMT\r\n"
    "Content-Type: text/html\r\nContent-Length: 5\r\nLast-Modified: Mon, 23 Nov 2026 18:39:38 "
    "GMT\r\n"
    "Connection: keep-alive\r\nETag: \"6b04886a-24\"\r\nAccept-Ranges: bytes\r\n\r\nhello";
constexpr std::string_view kSmallResponse =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello";

void read_messages(benchmark::State& state, Http1Codec::Direction direction, std::string_view bytes,
                   size_t chunk_bytes) {
  Http1Codec codec(direction);
  char room[4096];
  Carry carry{room, sizeof room, 0, false};
  for (auto _ : state) {
    for (size_t begin = 0; begin < bytes.size(); begin += chunk_bytes) {
      Chunk chunk{bytes.data() + begin, std::min(chunk_bytes, bytes.size() - begin), 0};
      while (true) {
        const Http1Event event = codec.next(chunk, carry);
        benchmark::DoNotOptimize(&event);
        if (event.kind == Http1Event::Kind::kNotHttp1) state.SkipWithError("not http1");
        if (event.kind == Http1Event::Kind::kNeedMore || event.kind == Http1Event::Kind::kNotHttp1)
          break;
      }
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

using enum Http1Codec::Direction;
BENCHMARK_CAPTURE(read_messages, request_of_wrk, kRequest, kWrk, kWrk.size());
BENCHMARK_CAPTURE(read_messages, request_of_curl, kRequest, kCurl, kCurl.size());
BENCHMARK_CAPTURE(read_messages, request_of_a_browser, kRequest, kBrowser, kBrowser.size());
BENCHMARK_CAPTURE(read_messages, small_response, kResponse, kSmallResponse, kSmallResponse.size());
BENCHMARK_CAPTURE(read_messages, response_of_nginx, kResponse, kNginx, kNginx.size());
BENCHMARK_CAPTURE(read_messages, request_of_curl_in_16_bytes, kRequest, kCurl, 16);

}  // namespace
}  // namespace seamtrace::agent::codecs
