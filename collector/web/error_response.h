// ErrorResponse: how the collector's own web server says no.
// Path:    HttpServer, Guard, ViewerRoutes -> [ErrorResponse]
#pragma once

#include <string>

#include "collector/web/http_message.h"

namespace seamtrace::collector {

/// {"error": sentence}
HttpResponse error_response(int status, const std::string& sentence);

}  // namespace seamtrace::collector
