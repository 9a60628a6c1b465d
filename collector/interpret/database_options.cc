#include "collector/interpret/database_options.h"

namespace seamtrace::collector {

DatabaseOptions DatabaseOptions::from(const Configuration& configuration) {
  DatabaseOptions options;
  options.returned_rows = configuration.boolean("SEAMTRACE_DATABASE_ROWS");
  for (const std::string& item : configuration.list("OTEL_SEMCONV_STABILITY_OPT_IN"))
    options.old_names = options.old_names || item == "database/dup";
  return options;
}

}  // namespace seamtrace::collector
