#include "collector/interpret/url.h"

#include <vector>

#include "collector/interpret/forwarded.h"
#include "collector/interpret/http_head.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

class UrlTest : public ::testing::Test {
 protected:
  std::string_view redacted(std::string_view query, std::vector<std::string> keys = {}) {
    return redact_query(arena_, query, keys);
  }
  std::pmr::monotonic_buffer_resource arena_;
};

TEST_F(UrlTest, SplitsHostAndPort) {
  const auto check = [](std::string_view text, std::string_view host, uint16_t port) {
    const HostPort result = split_host_port(text);
    EXPECT_EQ(result.host, host) << text;
    EXPECT_EQ(result.port, port) << text;
  };
  check("example.com", "example.com", 0);
  check("example.com:8080", "example.com", 8080);
  check("[::1]:81", "::1", 81);
  check("[2001:db8::1]", "2001:db8::1", 0);
  check("2001:db8::1", "2001:db8::1", 0);
  check("example.com:", "example.com", 0);
  check("example.com:99999", "example.com", 0);
  check("example.com:0", "example.com", 0);
  check("example.com:8x", "example.com", 0);
  check("[::1", "::1", 0);
  check("[", "", 0);
  check("", "", 0);
  check(":80", "", 80);
}

TEST_F(UrlTest, TakesTargetsApart) {
  UrlTarget target = parse_target("GET", "/a/b?c=d?e#f");
  EXPECT_EQ(target.form, UrlTarget::Form::kOrigin);
  EXPECT_EQ(target.path, "/a/b");
  EXPECT_EQ(target.query, "c=d?e");
  target = parse_target("GET", "/?");
  EXPECT_TRUE(target.has_query);
  EXPECT_EQ(target.query, "");
  target = parse_target("GET", "http://u:p@h:1/x?y");
  EXPECT_EQ(target.form, UrlTarget::Form::kAbsolute);
  EXPECT_EQ(target.scheme, "http");
  EXPECT_EQ(target.authority, "h:1");
  EXPECT_TRUE(target.has_credentials);
  EXPECT_EQ(target.path, "/x");
  EXPECT_EQ(target.query, "y");
  target = parse_target("GET", "https://h?q=http://other/");
  EXPECT_EQ(target.authority, "h");
  EXPECT_EQ(target.path, "/");
  EXPECT_EQ(target.query, "q=http://other/");
  target = parse_target("GET", "/redirect?to=http://other/");
  EXPECT_EQ(target.form, UrlTarget::Form::kOrigin);
  target = parse_target("OPTIONS", "*");
  EXPECT_EQ(target.form, UrlTarget::Form::kAsterisk);
  target = parse_target("CONNECT", "h:443");
  EXPECT_EQ(target.form, UrlTarget::Form::kAuthority);
  EXPECT_EQ(target.authority, "h:443");
  for (const char* odd : {"", "://", "1://x", "nonsense", "?", "#", "http://", "http://@"})
    parse_target("GET", odd);
}

TEST_F(UrlTest, CredentialsThatHoldAnAtSignStayOut) {
  const UrlTarget target = parse_target("GET", "http://user:p@ss@host/");
  EXPECT_EQ(target.authority, "host");
}

TEST_F(UrlTest, RedactsTheValuesOfSecretKeysOnly) {
  EXPECT_EQ(redacted("a=1&sig=abc&b=2"), "a=1&sig=REDACTED&b=2");
  EXPECT_EQ(redacted("X-Amz-Signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3"),
            "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED");
  EXPECT_EQ(redacted("AWSAccessKeyId=1&Signature=2&X-Goog-Signature=3"),
            "AWSAccessKeyId=REDACTED&Signature=REDACTED&X-Goog-Signature=REDACTED");
  EXPECT_EQ(redacted("sig=a=b&sig="), "sig=REDACTED&sig=REDACTED");
  EXPECT_EQ(redacted("token=abc&x=y", {"token"}), "token=REDACTED&x=y");
  const std::string_view untouched = "sigx=1&xsig=2&SIG=3&sig&&=&";
  EXPECT_EQ(redacted(untouched).data(), untouched.data());
  EXPECT_EQ(redacted("sig=1&&x&"), "sig=REDACTED&&x&");
  EXPECT_EQ(redacted(""), "");
}

TEST_F(UrlTest, BuildsUrls) {
  const auto url = [&](UrlParts parts) { return build_url(arena_, parts); };
  EXPECT_EQ(url({"http", false, "h", 80, "/p", "q=1", true}), "http://h/p?q=1");
  EXPECT_EQ(url({"http", false, "h", 8080, "/", "", false}), "http://h:8080/");
  EXPECT_EQ(url({"https", false, "h", 443, "/", "", false}), "https://h/");
  EXPECT_EQ(url({"https", false, "h", 80, "/", "", true}), "https://h:80/?");
  EXPECT_EQ(url({"http", true, "::1", 65535, "", "", false}),
            "http://REDACTED:REDACTED@[::1]:65535");
}

TEST(Forwarded, TakesTheElementNearestToTheClient) {
  const Forwarded result = parse_forwarded(
      "for=\"[2001:db8:cafe::17]:4711\";proto=https;host=\"shop.example:8443\";by=1.2.3.4, "
      "for=10.0.0.1;host=inner");
  EXPECT_EQ(result.client, "2001:db8:cafe::17");
  EXPECT_EQ(result.scheme, "https");
  EXPECT_EQ(result.host, "shop.example:8443");
}

TEST(Forwarded, ReadsOddOnes) {
  EXPECT_EQ(parse_forwarded("For=192.0.2.43, for=198.51.100.17").client, "192.0.2.43");
  EXPECT_EQ(parse_forwarded("for=unknown").client, "");
  EXPECT_EQ(parse_forwarded("for=_hidden").client, "_hidden");
  EXPECT_EQ(parse_forwarded("host=\"a,b;c\";proto=http").host, "a,b;c");
  EXPECT_EQ(parse_forwarded("proto=\"a b\"").scheme, "");
  EXPECT_EQ(parse_forwarded("host=\"unterminated, for=1.2.3.4").client, "");
  for (const char* odd : {"", ",", ";", "=", "\"", "\\", "for=\"\\\"", "for", ";;=;,"})
    parse_forwarded(odd);
}

TEST(HttpHead, SplitsTheRequestLine) {
  RequestLine line = split_request_line("GET /a b HTTP/1.1", false);
  EXPECT_EQ(line.method, "GET");
  EXPECT_EQ(line.target, "/a b");
  EXPECT_EQ(line.version, "1.1");
  line = split_request_line("GET /long/and/cut HTTP/1", true);
  EXPECT_EQ(line.target, "/long/and/cut HTTP/1");
  EXPECT_EQ(line.version, "");
  line = split_request_line("GET /", false);
  EXPECT_EQ(line.target, "/");
  EXPECT_EQ(line.version, "");
  line = split_request_line("GET  /x  HTTP/1.0\r", false);
  EXPECT_EQ(line.target, "/x");
  EXPECT_EQ(line.version, "1.0");
  EXPECT_EQ(split_request_line("GET / HTTP/11", false).version, "");
  EXPECT_EQ(split_request_line("", false).method, "");
  EXPECT_EQ(split_request_line("GET", false).method, "GET");
}

TEST(HttpHead, SplitsFields) {
  EXPECT_EQ(split_header("Host: a:80 ").name, "Host");
  EXPECT_EQ(split_header("Host: a:80 ").value, "a:80");
  EXPECT_EQ(split_header("X:").value, "");
  EXPECT_EQ(split_header("nocolon").value, "");
  EXPECT_EQ(response_version("HTTP/1.0 200 OK"), "1.0");
  EXPECT_EQ(response_version("ICY 200 OK"), "");
  EXPECT_EQ(first_element(" a , b"), "a");
}

}  // namespace
}  // namespace seamtrace::collector
