// Any split of the input gives the same messages.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "agent/codecs/http1/http1_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using Direction = Http1Codec::Direction;
using enum Http1RequestMethod;
using std::string_literals::operator""s;

struct Sample {
  std::string name;
  Direction direction;
  std::string bytes;
  std::vector<Http1RequestMethod> requests = {};
};

Reader make_reader(const Sample& sample, bool lines, uint32_t carry_bytes) {
  return Reader(sample.direction,
                {carry_bytes, std::max<size_t>(sample.bytes.size(), 1), lines, sample.requests});
}

// The log when chunks end at these positions.
std::string read_in(const Sample& sample, const std::vector<size_t>& ends, bool lines = true,
                    uint32_t carry_bytes = 128 * 1024) {
  Reader reader = make_reader(sample, lines, carry_bytes);
  size_t begin = 0;
  for (const size_t end : ends) {
    if (!reader.feed(std::string_view(sample.bytes).substr(begin, end - begin)))
      return reader.log();
    begin = end;
  }
  if (reader.feed(std::string_view(sample.bytes).substr(begin)) && reader.codec.end_of_stream())
    return reader.log() + "completed by the end\n";
  return reader.log();
}

std::vector<size_t> every_byte(size_t size) {
  std::vector<size_t> ends(size);
  for (size_t i = 0; i < size; ++i) ends[i] = i + 1;
  return ends;
}

std::vector<Sample> written_samples() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  std::string many_fields = "GET /many HTTP/1.1\r\n";
  for (int i = 0; i < 40; ++i) many_fields += "X-Field-" + std::to_string(i) + ": v\xff\r\n";
  return {
      {"pipeline", Direction::kRequest,
       "\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.0\nA:b\n c\nD: e \n\n"
       "POST /c HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello"
       "PUT /d HTTP/1.1\r\nTransfer-Encoding: gzip,\r\n\tchunked\r\n\r\n"
       "5;a=b\r\nhello\r\n0A\nhellohello\r\n0\r\nX-T: 1\r\n folded\r\n\r\n"
       "CONNECT h:1 HTTP/1.1\r\n\r\n"},
      {"fields", Direction::kRequest, many_fields + "\r\n"},
      {"carriage returns", Direction::kRequest, "GET /\r\rx HTTP/1.1\r\nA: \r\r\n\r: no\r\n"},
      {"binary", Direction::kRequest, "GET /\xff"s + "\0 HTTP/1.1\r\nX: \0\1\x80\r\n\r\n"s},
      {"responses",
       Direction::kResponse,
       "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 3\r\n\r\nabc" + ok +
           "Content-Length: 9\r\n\r\nHTTP/1.1 204 \r\n\r\nHTTP/1.1 304 X\r\nContent-Length: "
           "4\r\n\r\n" +
           ok +
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.0 200\r\n\r\nuntil "
           "close\r\n\r\n",
       {kOrdinary, kHead}},
      {"upgrade", Direction::kResponse, "HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\nraw"},
      {"tunnel", Direction::kResponse, ok + "A: b\r\n\r\nraw", {kConnect}},
      {"vast method", Direction::kRequest, std::string(40, 'M') + " / HTTP/1.1\r\n\r\n"},
      {"preface", Direction::kRequest, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"two lengths", Direction::kRequest,
       "POST / HTTP/1.1\r\nContent-Length: 5\r\nX: y\r\nContent-Length: 6\r\nZ: z\r\n\r\n"},
      {"folded length", Direction::kRequest,
       "POST / HTTP/1.1\r\nContent-Length: 5\r\n 6\r\nZ: z\r\n\r\n"},
      {"gzip request", Direction::kRequest,
       "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nZ: z\r\n\r\n"},
      {"no colon", Direction::kResponse, ok + "A: b\r\nnone\r\n\r\n"},
      {"bad chunk", Direction::kResponse, ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n"},
      {"vast chunk", Direction::kResponse,
       ok + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabcd\r\n"},
      {"text", Direction::kResponse, "HTTP/1.1 OK\r\n\r\n"},
  };
}

// The requests of each captured response are read off the captured requests.
std::vector<Http1RequestMethod> methods_in(const std::string& requests) {
  std::vector<Http1RequestMethod> methods;
  Http1Codec codec(Direction::kRequest);
  Carry carry;
  Chunk chunk{requests.data(), requests.size(), 0};
  while (true) {
    const Http1Event event = codec.next(chunk, carry);
    if (event.kind == Http1Event::Kind::kStartLine) methods.push_back(event.method);
    if (event.kind == Http1Event::Kind::kNeedMore || event.kind == Http1Event::Kind::kNeedCarry ||
        event.kind == Http1Event::Kind::kNotHttp1)
      return methods;
  }
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<Sample> samples() {
  std::vector<Sample> all = written_samples();
  for (const auto& entry : std::filesystem::directory_iterator(SEAMTRACE_CAPTURES)) {
    std::filesystem::path path = entry.path();
    if (path.extension() == ".request")
      all.push_back({path.filename(), Direction::kRequest, contents(path)});
    if (path.extension() == ".response") {
      const std::string bytes = contents(path);
      const std::string name = path.filename();
      all.push_back({name, Direction::kResponse, bytes,
                     methods_in(contents(path.replace_extension(".request")))});
    }
  }
  return all;
}

class SplitTest : public ::testing::TestWithParam<Sample> {};

TEST_P(SplitTest, AtAnyByteGivesTheSameMessages) {
  const Sample& sample = GetParam();
  const std::string whole = read_in(sample, {});
  ASSERT_NE(whole, "");
  for (size_t at = 0; at <= sample.bytes.size(); ++at)
    ASSERT_EQ(read_in(sample, {at}), whole) << "split at " << at;
}

TEST_P(SplitTest, IntoSingleBytesGivesTheSameMessages) {
  const Sample& sample = GetParam();
  EXPECT_EQ(read_in(sample, every_byte(sample.bytes.size())), read_in(sample, {}));
}

TEST_P(SplitTest, IntoRandomChunksGivesTheSameMessages) {
  const Sample& sample = GetParam();
  const std::string whole = read_in(sample, {});
  std::mt19937 random(4711);
  for (int round = 0; round < 50; ++round) {
    std::vector<size_t> ends;
    for (size_t end = 0; end < sample.bytes.size(); end += random() % (round + 2))
      ends.push_back(end);
    ASSERT_EQ(read_in(sample, ends), whole) << "round " << round;
  }
}

TEST_P(SplitTest, WithTooSmallACarryGivesTheSameMessages) {
  const Sample& sample = GetParam();
  const std::string whole = read_in(sample, {}, false);
  for (const uint32_t carry_bytes : {0u, 1u, 5u, 16u}) {
    EXPECT_EQ(read_in(sample, every_byte(sample.bytes.size()), false, carry_bytes), whole);
    for (size_t at = 0; at <= sample.bytes.size(); at += 1 + sample.bytes.size() / 200)
      ASSERT_EQ(read_in(sample, {at}, false, carry_bytes), whole) << "split at " << at;
  }
}

std::string test_name(const ::testing::TestParamInfo<Sample>& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return isalnum(c) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Samples, SplitTest, ::testing::ValuesIn(samples()), test_name);

TEST(LongHeadTest, Of64KiBIsReadInAnyChunks) {
  Sample sample{"long", Direction::kRequest, "GET /" + std::string(8192, 'u') + " HTTP/1.1\r\n"};
  while (sample.bytes.size() < 65536)
    sample.bytes +=
        "X-" + std::to_string(sample.bytes.size()) + ": " + std::string(1000, 'v') + "\r\n";
  sample.bytes += "Cookie: " + std::string(65536, 'c') + "\r\nContent-Length: 3\r\n\r\nabc";
  const std::string whole = read_in(sample, {});
  EXPECT_NE(whole.find("head end\nbody 3\nend\n"), std::string::npos);
  EXPECT_EQ(read_in(sample, every_byte(sample.bytes.size())), whole);
  for (const size_t step : {7u, 1000u, 1448u, 4096u, 16384u, 65536u}) {
    std::vector<size_t> ends;
    for (size_t end = step; end < sample.bytes.size(); end += step) ends.push_back(end);
    EXPECT_EQ(read_in(sample, ends), whole) << step;
  }
}

}  // namespace
}  // namespace seamtrace::agent::codecs
