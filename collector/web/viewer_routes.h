// ViewerRoutes: the pages and the query API of one collector, or of one store file.
// Path:    HttpServer -> Guard -> [ViewerRoutes] -> query, collector
// Owner:   the Front.
// Threads: handle() may be called from several at once.
// Memory:  a StoreReader for each question that is being answered, kept for the next.
// Failure: {"error": "sentence"} with a fitting status.
// Source:  docs/query_api.md.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "collector/store/store.h"
#include "collector/support/result.h"
#include "collector/web/http_message.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

struct ViewerSources {
  std::string store_path;  ///< empty: no traces are kept here
  /// The answer to `health`.
  std::function<nlohmann::json()> health;
  /// Changes a process's control block: {"pid", "tracing", "ratio", "sampler"} as the status
  /// socket's `set`. Null: there is no collector to change anything.
  std::function<nlohmann::json(const nlohmann::json&)> change_process;
};

class ViewerRoutes {
 public:
  explicit ViewerRoutes(ViewerSources sources) : sources_(std::move(sources)) {}

  HttpResponse handle(const HttpRequest& request);

 private:
  HttpResponse answer_question(const HttpRequest& request, const std::string& path);
  HttpResponse change_process(const HttpRequest& request, const std::string& path) const;
  Result<std::unique_ptr<StoreReader>> borrow_reader();
  void give_back(std::unique_ptr<StoreReader> reader);

  const ViewerSources sources_;
  std::mutex mutex_;  ///< guards readers_
  std::vector<std::unique_ptr<StoreReader>> readers_;
};

}  // namespace seamtrace::collector
