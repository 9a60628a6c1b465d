#include "collector/export/otlp/endpoint.h"

#include <curl/curl.h>

#include <memory>

namespace seamtrace::collector {

namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  const std::string result(text);
  curl_free(text);
  return result;
}

Endpoint failure(std::string_view text, std::string_view reason) {
  Endpoint endpoint;
  endpoint.error = "'" + std::string(text) + "' " + std::string(reason);
  return endpoint;
}

bool has_unprintable(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return true;
  return false;
}

Endpoint parse(std::string_view text, bool append_signal) {
  if (text.empty()) return failure(text, "is empty; an address looks like http://localhost:4318");
  if (has_unprintable(text)) return failure(text, "contains a space or a control character");
  if (text.find("://") == std::string_view::npos)
    return failure(text, "has no scheme; did you mean http://" + std::string(text) + " ?");

  const UrlHandle url(curl_url());
  const std::string terminated(text);
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, terminated.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) {
    return failure(text, "is not an address (" + std::string(curl_url_strerror(code)) +
                             "); one looks like http://localhost:4318");
  }
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return failure(text, "has the scheme '" + scheme + "'; OTLP is sent over http or https");
  if (url_part(url.get(), CURLUPART_HOST).empty()) return failure(text, "names no host");

  if (append_signal) {
    std::string path = url_part(url.get(), CURLUPART_PATH);
    if (path.empty() || path.back() != '/') path += '/';
    path += "v1/traces";
    curl_url_set(url.get(), CURLUPART_PATH, path.c_str(), 0);
  }
  Endpoint endpoint;
  endpoint.url = url_part(url.get(), CURLUPART_URL);
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_QUERY, nullptr, 0);
  endpoint.display = url_part(url.get(), CURLUPART_URL);
  return endpoint;
}

}  // namespace

Endpoint parse_base_endpoint(std::string_view text) { return parse(text, true); }

Endpoint parse_traces_endpoint(std::string_view text) { return parse(text, false); }

}  // namespace seamtrace::collector
