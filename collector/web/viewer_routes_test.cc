#include "collector/web/viewer_routes.h"

#include <gtest/gtest.h>

#include "collector/web/asset.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

HttpRequest get(const std::string& path) {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  return request;
}

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

ViewerRoutes routes(std::vector<json>* wishes = nullptr) {
  ViewerSources sources;
  sources.health = [] { return json{{"processes", json::array()}}; };
  if (wishes != nullptr)
    sources.change_process = [wishes](const json& wish) {
      wishes->push_back(wish);
      return json{{"ok", true}, {"processes", 1}};
    };
  return ViewerRoutes(std::move(sources));
}

TEST(ViewerRoutes, ServesThePageForEveryView) {
  auto viewer = routes();
  for (const char* path : {"/", "/traces", "/trace/4bf92f3577b34da6a3ce929d0e0e4736"}) {
    const HttpResponse response = viewer.handle(get(path));
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_NE(response.body.find("<!doctype html>"), std::string::npos) << path;
    EXPECT_TRUE(header(response, "Content-Security-Policy").starts_with("default-src 'none'"));
  }
}

TEST(ViewerRoutes, EveryAssetIsServedPackedAndUnpacked) {
  auto viewer = routes();
  for (const Asset& asset : viewer_assets()) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"gzip, deflate, br, zstd", "br"},
        {"br;q=0, GZIP;q=0.5", "gzip"},
        {"gzip, deflate", "gzip"},
        {"gzip;q=0.000 , br; q=0", ""},
        {"brotli", ""},
        {"", ""},
    };
    for (const auto& [accepted, coding] : cases) {
      HttpRequest request = get(std::string(asset.path));
      request.headers["accept-encoding"] = accepted;
      const HttpResponse response = viewer.handle(request);
      EXPECT_EQ(header(response, "Content-Encoding"), coding) << accepted;
      EXPECT_EQ(response.body, coding == "br"     ? asset.brotli
                               : coding == "gzip" ? asset.gzip
                                                  : unpacked(asset))
          << asset.path << accepted;
    }
    EXPECT_LT(asset.brotli.size(), asset.gzip.size()) << asset.path;
  }
}

TEST(ViewerRoutes, WhatIsNotThereIs404) {
  auto viewer = routes();
  EXPECT_EQ(viewer.handle(get("/assets/none.js")).status, 404);
  EXPECT_EQ(viewer.handle(get("/api/v2/traces")).status, 404);
  EXPECT_EQ(viewer.handle(get("/api/v1/traces")).status, 404);  // there is no store
  EXPECT_EQ(viewer.handle(get("/api/v1/health")).status, 200);
}

TEST(ViewerRoutes, ChangesAProcessOnlyByAJsonPost) {
  std::vector<json> wishes;
  auto viewer = routes(&wishes);
  HttpRequest request = get("/api/v1/processes/12");
  EXPECT_EQ(viewer.handle(request).status, 405);
  request.method = "POST";
  request.body = R"({"tracing": false, "ratio": 0.5})";
  EXPECT_EQ(viewer.handle(request).status, 415);
  request.headers["content-type"] = "application/json";
  EXPECT_EQ(viewer.handle(request).status, 200);
  ASSERT_EQ(wishes.size(), 1u);
  EXPECT_EQ(wishes[0], json({{"pid", 12}, {"tracing", false}, {"ratio", 0.5}}));
  for (const char* bad :
       {"[]", "", "{", R"({"tracing": "off"})", R"({"ratio": "1"})", R"({"sampler": 1})"}) {
    request.body = bad;
    EXPECT_EQ(viewer.handle(request).status, 400) << bad;
  }
  request.body = "{}";
  request.path = "/api/v1/processes/12x";
  EXPECT_EQ(viewer.handle(request).status, 400);
  EXPECT_EQ(wishes.size(), 1u);
}

}  // namespace
}  // namespace seamtrace::collector
