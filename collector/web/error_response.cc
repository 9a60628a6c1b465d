#include "collector/web/error_response.h"

#include "nlohmann/json.hpp"

namespace seamtrace::collector {

HttpResponse error_response(int status, const std::string& sentence) {
  using nlohmann::json;
  return {status,
          "application/json",
          json{{"error", sentence}}.dump(-1, ' ', false, json::error_handler_t::replace),
          {}};
}

}  // namespace seamtrace::collector
