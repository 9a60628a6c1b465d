#include "collector/web/viewer_routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "collector/query/query_api.h"
#include "collector/support/clock.h"
#include "collector/web/asset.h"
#include "collector/web/error_response.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;

constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kProcesses = "processes/";

/// Nothing is loaded from elsewhere, nothing of a span can become a script, nobody may frame us.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

HttpResponse json_response(int status, const json& body) {
  return {status,
          "application/json",
          body.dump(-1, ' ', false, json::error_handler_t::replace),
          {{"Cache-Control", "no-store"}}};
}

void add_security_headers(HttpResponse& response) {
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

const Asset* find_asset(std::string_view path) {
  for (const Asset& asset : viewer_assets())
    if (asset.path == path) return &asset;
  return nullptr;
}

/// Is `coding` in this Accept-Encoding, other than with a weight of 0? RFC 9110, section 12.5.3.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  while (accept_encoding.data() != nullptr) {
    const std::string_view item = wire::next_item(accept_encoding);
    const size_t name_end = std::min(item.find(';'), item.size());
    if (wire::equals_ignoring_case(wire::trim(item.substr(0, name_end)), coding))
      return name_end == item.size() ||
             item.find_first_of("123456789", name_end) != std::string_view::npos;
  }
  return false;
}

HttpResponse serve_asset(const HttpRequest& request) {
  // A path without a file's ending is a view, which the page itself finds.
  const bool is_file = request.path.rfind('.') != std::string::npos;
  const Asset* asset = find_asset(is_file ? std::string_view(request.path) : "/index.html");
  if (asset == nullptr) return error_response(404, "there is no file " + request.path);
  if (request.method != "GET") return error_response(405, "only GET is answered here");
  HttpResponse response;
  response.content_type = asset->content_type;
  const bool is_hashed = asset->path.starts_with("/assets/");
  response.headers.emplace_back("Cache-Control",
                                is_hashed ? "max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const std::string& accepted = request.header("accept-encoding");
  if (accepts(accepted, "br")) {
    response.headers.emplace_back("Content-Encoding", "br");
    response.body = asset->brotli;
  } else if (accepts(accepted, "gzip")) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = asset->gzip;
  } else {
    response.body = unpacked(*asset);
  }
  return response;
}

}  // namespace

HttpResponse ViewerRoutes::handle(const HttpRequest& request) {
  HttpResponse response;
  if (!request.path.starts_with(kApi)) {
    response = request.path.starts_with("/api/")
                   ? error_response(404, "the query API begins with " + std::string(kApi))
                   : serve_asset(request);
  } else {
    const std::string path = request.path.substr(kApi.size());
    if (path.starts_with(kProcesses))
      response = change_process(request, path.substr(kProcesses.size()));
    else if (request.method != "GET")
      response = error_response(405, "only GET is answered here");
    else if (path == "health")
      response = json_response(200, sources_.health());
    else
      response = answer_question(request, path);
  }
  add_security_headers(response);
  return response;
}

HttpResponse ViewerRoutes::answer_question(const HttpRequest& request, const std::string& path) {
  if (sources_.store_path.empty())
    return error_response(404,
                          "this collector keeps no traces; add 'store' to OTEL_TRACES_EXPORTER, or "
                          "start it with --store FILE");
  auto reader = borrow_reader();
  if (!reader) return error_response(500, reader.error().message);
  QueryAnswer answer = QueryApi(**reader).get(path, request.parameters, realtime_ns());
  give_back(std::move(*reader));
  HttpResponse response = json_response(answer.status, answer.body);
  answer.body = nullptr;  // before its turn ends
  constexpr std::string_view kExport = "/otlp";
  if (answer.status == 200 && path.ends_with(kExport)) {
    // trace/ID/otlp; an id that was found has hexadecimal digits only.
    std::string name = path.substr(0, path.size() - kExport.size());
    name[name.find('/')] = '-';
    response.headers.emplace_back("Content-Disposition",
                                  "attachment; filename=\"" + name + ".otlp.json\"");
  }
  return response;
}

HttpResponse ViewerRoutes::change_process(const HttpRequest& request,
                                          const std::string& path) const {
  if (request.method != "POST") return error_response(405, "only POST is answered here");
  // A form of another page cannot have this type.
  if (!request.header("content-type").starts_with("application/json"))
    return error_response(415, "the body has to be application/json");
  if (!sources_.change_process)
    return error_response(404, "this is a store file: no process can be changed from here");
  uint32_t pid = 0;
  const auto [end, failure] = std::from_chars(path.data(), path.data() + path.size(), pid);
  if (failure != std::errc() || end != path.data() + path.size())
    return error_response(400, "'" + path + "' is not a process id");
  json wish = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!wish.is_object())
    return error_response(400, "the body has to be an object, e.g. {\"tracing\": false}");
  const auto is_bad = [&](const char* key, bool right_type) {
    return wish.contains(key) && !right_type;
  };
  if (is_bad("tracing", wish.value("tracing", json()).is_boolean()))
    return error_response(400, "\"tracing\" has to be true or false");
  if (is_bad("ratio", wish.value("ratio", json()).is_number()))
    return error_response(400, "\"ratio\" has to be a number from 0 to 1");
  if (is_bad("sampler", wish.value("sampler", json()).is_string()))
    return error_response(400, "\"sampler\" has to be a sampler's name");
  wish["pid"] = pid;
  const json answer = sources_.change_process(wish);
  return json_response(answer.value("ok", false) ? 200 : 400, answer);
}

Result<std::unique_ptr<StoreReader>> ViewerRoutes::borrow_reader() {
  {
    const std::lock_guard lock(mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  return StoreReader::open(sources_.store_path);
}

void ViewerRoutes::give_back(std::unique_ptr<StoreReader> reader) {
  const std::lock_guard lock(mutex_);
  readers_.push_back(std::move(reader));
}

}  // namespace seamtrace::collector
