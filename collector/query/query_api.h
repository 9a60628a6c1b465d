// QueryApi: questions about traces, answered as JSON.
// Path:    store -> [query] -> CLI, viewer
// Owner:   whoever asks; borrows a StoreReader.
// Threads: one caller at a time per QueryApi.
// Failure: an answer with a status other than 200 and {"error": "sentence"}.
// Source:  docs/query_api.md has every question and the shape of its answer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "collector/store/store.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

struct QueryAnswer {
  int status = 200;  ///< as HTTP has it: 400 bad question, 404 no such thing, 500 store fault
  nlohmann::json body;
  /// Of a large answer: others wait until it is gone. Free the body first.
  std::shared_ptr<const void> turn = nullptr;
};

class QueryApi {
 public:
  explicit QueryApi(StoreReader& store) : store_(store) {}

  /// `path` without the `/api/v1/`, e.g. `traces` or `trace/<id>`; parameters decoded.
  /// `now_unix_ns`: what relative times count from.
  QueryAnswer get(const std::string& path, const std::map<std::string, std::string>& parameters,
                  uint64_t now_unix_ns);

 private:
  StoreReader& store_;
};

}  // namespace seamtrace::collector
