// QuerySource: who answers the questions of docs/query_api.md.
// Path:    a command -> [cli] -> the store of the running collector, or any store file
// Owner:   the command.
// Threads: one caller at a time.
// Failure: an Error when nobody could be asked; a status other than 200 when the question is at
//          fault. explain() puts both into words.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "collector/query/query_api.h"
#include "collector/support/configuration.h"
#include "collector/support/result.h"

namespace seamtrace::cli {

using Parameters = std::map<std::string, std::string>;

class QuerySource {
 public:
  virtual ~QuerySource() = default;

  /// `path` without `/api/v1/`.
  virtual collector::Result<collector::QueryAnswer> get(const std::string& path,
                                                        const Parameters& parameters) = 0;
  /// `collector 4711`, `store /var/lib/traces.db`: fit for a terminal.
  virtual std::string name() const = 0;
};

/// `store`: a file to read, whoever runs. Where it is empty: the store of the collector that serves
/// this user if it keeps one, else the file where one is kept by default. The Error says what to
/// do when there is neither.
collector::Result<std::unique_ptr<QuerySource>> open_query_source(
    const collector::Configuration& configuration, const std::string& store);

/// Prints on stderr what is wrong with an answer; true when nothing is. `query`: what the user
/// asked for, shown with a mark under the place of the fault.
bool answered(const collector::Result<collector::QueryAnswer>& answer,
              const std::string& query = {});

/// `seamtrace: ...` with line feed; fit for a terminal. REQUIRES: the answer's status is not 200.
std::string explain(const collector::QueryAnswer& answer, const std::string& query);

/// One line of JSON. On a terminal nothing but ASCII: JSON leaves some control characters as they
/// are.
std::string json_line(const nlohmann::json& object, bool for_terminal);

}  // namespace seamtrace::cli
