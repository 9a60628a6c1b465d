// Front: what the collector offers to others: the web viewer, the query API, receivers of OTLP.
// Path:    browser, SDKs -> [Front] -> store, Collector
// Owner:   the command that runs the collector; dies before it.
// Threads: the servers' own.
// Failure: an address that cannot be listened on is an Error; nothing else of the collector
// suffers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "collector/pipeline.h"
#include "collector/support/listen_address.h"
#include "collector/support/result.h"

namespace seamtrace::collector {

class StoreExporter;

struct FrontOptions {
  std::optional<ListenAddress> viewer;
  bool any_viewer_port = false;  ///< when the port is taken, another one will do
  /// Empty: none on the loopback interface; elsewhere one is made up.
  std::string token;
  std::string store_path;  ///< empty: there is no store
  std::optional<ListenAddress> receive_http;
  std::optional<ListenAddress> receive_grpc;
};

class Front {
 public:
  /// `collector` null: a store file is shown and nothing else. `store` null: received spans need
  /// not wait for it. Adds itself to the collector's status. Borrows both.
  static Result<std::unique_ptr<Front>> start(const FrontOptions& options, Collector* collector,
                                              StoreExporter* store);
  ~Front();

  /// With the token where one is needed; empty: there is no viewer.
  const std::string& viewer_url() const;
  /// `127.0.0.1:4318`; empty: not received.
  std::string receive_http() const;
  std::string receive_grpc() const;
  /// When the page was last asked for something (CLOCK_MONOTONIC).
  uint64_t last_request_ns() const;

 private:
  struct Parts;
  explicit Front(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace seamtrace::collector
