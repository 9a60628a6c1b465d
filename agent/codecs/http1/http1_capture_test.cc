// What real clients and servers said to each other (captures/capture.py), and what it meant.
#include <fstream>
#include <sstream>
#include <string>

#include "agent/codecs/http1/http1_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using Direction = Http1Codec::Direction;
using Kind = Http1Event::Kind;

std::string contents(const std::string& name) {
  std::ifstream file(std::string(SEAMTRACE_CAPTURES) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// One line a message: method and target, or status; the content's size when there is any; how
// it ended when not by its own length. Collects the requests, or is told what is answered.
std::string messages(Direction direction, const std::string& bytes,
                     std::vector<Http1RequestMethod>& requests) {
  std::string text;
  Http1Codec codec(direction);
  Carry carry;
  GuardedBytes memory(bytes.size());
  Chunk chunk{memory.hold(bytes), bytes.size(), 0};
  uint64_t body = 0;
  size_t answered = 0;
  const auto end = [&](const char* how) {
    if (body > 0) text += " +" + std::to_string(body);
    text += std::string(how) + "\n";
    body = 0;
  };
  while (true) {
    const Http1Event event = codec.next(chunk, carry);
    switch (event.kind) {
      case Kind::kStartLine: {
        const std::string_view line(event.line, event.line_size);
        if (direction == Direction::kRequest) {
          text += line.substr(0, line.rfind(' '));
          requests.push_back(event.method);
        } else {
          text += std::to_string(event.status);
          codec.answers(requests.at(answered));
        }
        break;
      }
      case Kind::kHeader:
        if (event.trailer) text += " trailer";
        break;
      case Kind::kBody:
        body += event.body_bytes;
        break;
      case Kind::kMessageEnd:
        if (!event.interim) ++answered;
        end(event.interim ? " interim" : "");
        break;
      case Kind::kSwitched:
        end(" switched");
        return text;
      case Kind::kNeedMore:
        if (codec.end_of_stream()) end(" until close");
        EXPECT_TRUE(codec.between_messages());
        return text;
      case Kind::kHeadEnd:
        break;
      default:
        end(" not http1");
        return text;
    }
  }
}

struct Capture {
  const char* name;
  const char* requests;
  const char* responses;
};

constexpr Capture kCaptures[] = {
    {"curl_nginx", "GET /index.html\nGET /missing\nGET /lines.txt\n",
     "200 +36\n404 +153\n200 +4390\n"},
    {"curl_head_nginx", "HEAD /index.html\nHEAD /lines.txt\n", "200\n200\n"},
    {"curl_not_modified_nginx", "GET /index.html\nGET /lines.txt\n", "304\n304\n"},
    {"curl_gzip_nginx", "GET /lines.txt\nGET /index.html\n", "200 +955\n200 +49\n"},
    {"curl_expect_node", "PUT /upload +4390\n", "100 interim\n200 +8\n"},
    {"curl_chunked_node", "PUT /upload +4390\n", "100 interim\n200 +8\n"},
    {"curl_form_node", "POST /upload +4668\n", "200 +8\n"},
    {"curl_lighttpd", "GET /index.html\nGET /missing\n", "200 +36\n404 +341\n"},
    {"curl_apache", "GET /index.html\nGET /empty/\nGET /missing\n",
     "200 +36\n200 +283\n404 +236\n"},
    {"curl_absolute_apache", "GET http://127.0.0.1:NGINX/index.html\n", "200 +36\n"},
    {"curl_connect_apache", "CONNECT 127.0.0.1:NGINX\nGET /index.html\n", "200 switched\n"},
    {"curl_python_files", "GET /\n", "200 +36\n"},
    {"curl_python_close", "GET /anything\n", "200 +42 until close\n"},
    {"requests_node", "GET /index.html?q=a+b\nPOST /upload +11\nPOST /upload +6\n",
     "200 +5\n200 +6\n200 +5\n"},
    {"node_node",
     "GET /trailers\nDELETE /empty\nGET /early\nGET /events\nPOST /upload +18\nHEAD /upload\n",
     "200 trailer +23\n204\n103 interim\n200 +6\n200 +27\n200 +6\n200\n"},
    {"fetch_node", "POST /hello?name=w%C3%B6rld +7\n", "200 +5\n"},
    {"upgrade_node", "GET /chat\n not http1\n", "101 switched\n"},
    {"wrk_node", "GET /slow\nGET /slow\nGET /slow\nGET /slow\nGET /slow\n",
     "200 +4\n200 +4\n200 +4\n200 +4\n"},
    {"nginx_upstream_python", "GET /up?x=1\n", "200 +42 until close\n"},
};

// The port of the server behind the proxy differs from capture to capture.
std::string without_port(std::string text) {
  const std::string host = "127.0.0.1:";
  const size_t at = text.find(host);
  if (at == std::string::npos) return text;
  const size_t begin = at + host.size();
  return text.replace(begin, text.find_first_not_of("0123456789", begin) - begin, "NGINX");
}

TEST(Http1Captures, MeanWhatTheirProgramsMeant) {
  for (const Capture& capture : kCaptures) {
    SCOPED_TRACE(capture.name);
    const std::string name = capture.name;
    std::vector<Http1RequestMethod> requests;
    EXPECT_EQ(without_port(messages(Direction::kRequest, contents(name + ".request"), requests)),
              capture.requests);
    EXPECT_EQ(messages(Direction::kResponse, contents(name + ".response"), requests),
              capture.responses);
  }
}

}  // namespace
}  // namespace seamtrace::agent::codecs
