// open_query_source: which store file to read, and by whom it is written.
#include <unistd.h>

#include <chrono>
#include <utility>

#include "cli/json_answer.h"
#include "cli/query_source.h"
#include "cli/store_location.h"
#include "collector/query/status_client.h"
#include "collector/support/clock.h"

namespace seamtrace::cli {

namespace {

using collector::Configuration;
using collector::Error;
using collector::QueryAnswer;
using collector::Result;
using collector::StatusClient;

class FileSource final : public QuerySource {
 public:
  FileSource(std::string name, std::unique_ptr<collector::StoreReader> reader)
      : name_(std::move(name)), reader_(std::move(reader)), api_(*reader_) {}

  Result<QueryAnswer> get(const std::string& path, const Parameters& parameters) override {
    return api_.get(path, parameters, collector::realtime_ns());
  }

  std::string name() const override { return name_; }

 private:
  const std::string name_;
  const std::unique_ptr<collector::StoreReader> reader_;
  collector::QueryApi api_;
};

Result<std::unique_ptr<QuerySource>> open_file(const std::string& path, const std::string& name) {
  auto reader = collector::StoreReader::open(path);
  if (!reader) return reader.error();
  return std::unique_ptr<QuerySource>(std::make_unique<FileSource>(name, std::move(*reader)));
}

/// What the collector that serves this user says of itself; null without one.
nlohmann::json collector_status(const Configuration& configuration) {
  auto client =
      StatusClient::connect(std::string(configuration.text("SEAMTRACE_DIR")), ::geteuid());
  if (!client) return {};
  auto answer = client->ask({{"command", "status"}}, std::chrono::seconds(5));
  return answer ? *answer : nlohmann::json();
}

}  // namespace

Result<std::unique_ptr<QuerySource>> open_query_source(const Configuration& configuration,
                                                       const std::string& store) {
  if (!store.empty()) return open_file(store, "store " + printable(store));
  const nlohmann::json status = collector_status(configuration);
  // The collector says which file it writes; the file is read here, so that a long search does
  // not hold up the collector.
  if (const std::string path = raw_text(member(status, "store"), "path"); !path.empty())
    return open_file(path, "collector " + count(member(status, "collector"), "pid"));
  const auto path = default_store_path(configuration);
  if (!path) return path.error();
  if (::access(path->c_str(), F_OK) == 0) return open_file(*path, "store " + printable(*path));
  return Error{(status.is_object() ? "the collector that runs keeps no store"
                                   : "no collector serves this user") +
               (", and there is no store at " + *path) +
               "; 'seamtrace run -- PROGRAM' traces a program and keeps what it saw, --store FILE "
               "reads another one"};
}

}  // namespace seamtrace::cli
