#include "collector/web/guard.h"

#include <gtest/gtest.h>

namespace seamtrace::collector {
namespace {

HttpRequest request_to(const std::string& host) {
  HttpRequest request;
  request.method = "GET";
  request.path = "/api/v1/services";
  request.headers["host"] = host;
  return request;
}

int status_of(const Guard& guard, const HttpRequest& request) {
  const auto refusal = guard.check(request);
  return refusal ? refusal->status : 200;
}

const Guard kLoopback({"127.0.0.1", 4380, ""});
const Guard kOpen({"0.0.0.0", 4380, "secret"});

TEST(Guard, AnswersToTheNamesOfTheLoopbackInterface) {
  for (const char* host : {"127.0.0.1:4380", "localhost:4380", "[::1]:4380", "127.0.0.2:4380",
                           "localhost", "127.0.0.1"})
    EXPECT_EQ(status_of(kLoopback, request_to(host)), 200) << host;
}

TEST(Guard, RefusesANameThatSomebodyElseResolvesToUs) {
  for (const char* host :
       {"evil.example:4380", "127.0.0.1.evil.example:4380", "", "localhost:80", "[::1",
        "[::1]x:4380", "127.0.0.1:4380:4380", "localhost.:4380", "0x7f.1:4380@evil.example"})
    EXPECT_EQ(status_of(kLoopback, request_to(host)), 403) << host;
}

TEST(Guard, RefusesRequestsThatOtherPagesMake) {
  HttpRequest request = request_to("127.0.0.1:4380");
  request.headers["origin"] = "http://127.0.0.1:4380";
  EXPECT_EQ(status_of(kLoopback, request), 200);
  for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:4381",
                             "http://127.0.0.1:4380.evil.example", "file://"}) {
    request.headers["origin"] = origin;
    EXPECT_EQ(status_of(kLoopback, request), 403) << origin;
  }
  request.headers.erase("origin");
  request.headers["sec-fetch-site"] = "cross-site";
  EXPECT_EQ(status_of(kLoopback, request), 403);
}

TEST(Guard, WantsATokenOnOtherAddresses) {
  HttpRequest request = request_to("machine.example:4380");
  EXPECT_EQ(status_of(kOpen, request), 401);
  request.headers["authorization"] = "Bearer secret";
  EXPECT_EQ(status_of(kOpen, request), 200);
  for (const char* wrong : {"Bearer secre", "Bearer secrets", "Bearer ", "Basic secret", "secret",
                            "Bearer secretsecret"}) {
    request.headers["authorization"] = wrong;
    EXPECT_EQ(status_of(kOpen, request), 401) << wrong;
  }
}

TEST(Guard, TradesTheTokenOfALinkForACookie) {
  HttpRequest request = request_to("machine.example:4380");
  request.path = "/";
  request.parameters["token"] = "wrong";
  EXPECT_EQ(status_of(kOpen, request), 401);
  request.parameters["token"] = "secret";
  const auto answer = kOpen.check(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 303);
  EXPECT_EQ(answer->headers.at(0), (std::pair<std::string, std::string>("Location", "/")));
  EXPECT_EQ(answer->headers.at(1).second,
            "seamtrace_token=secret; Path=/; HttpOnly; SameSite=Strict");
  request.parameters.clear();
  request.headers["cookie"] = "other=1; seamtrace_token=secret";
  EXPECT_EQ(status_of(kOpen, request), 200);
  request.headers["cookie"] = "other=seamtrace_token=secret";
  EXPECT_EQ(status_of(kOpen, request), 401);
}

TEST(Guard, RedirectsToThePageWhateverThePathSays) {
  for (const char* path : {"//evil.example/", "/\\evil.example", "/a\r\nX-Evil: 1", "/api/v1/x"}) {
    HttpRequest request = request_to("machine.example:4380");
    request.path = path;
    request.parameters["token"] = "secret";
    EXPECT_EQ(kOpen.check(request)->headers.at(0).second, "/") << path;
  }
}

}  // namespace
}  // namespace seamtrace::collector
