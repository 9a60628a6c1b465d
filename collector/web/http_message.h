// HttpRequest, HttpResponse: one exchange of the collector's own HTTP server.
// Path:    web -> routes (viewer, query, OTLP receiver)
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace seamtrace::collector {

struct HttpRequest {
  std::string method;                             ///< upper case
  std::string path;                               ///< percent-decoded, without the query
  std::map<std::string, std::string> parameters;  ///< of the query, decoded; the last one counts
  std::map<std::string, std::string> headers;     ///< names in lower case
  std::string body;                               ///< as sent, still compressed

  /// Empty when there is none.
  const std::string& header(const std::string& lower_case_name) const {
    static const std::string kNone;
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? kNone : found->second;
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< further ones
};

}  // namespace seamtrace::collector
