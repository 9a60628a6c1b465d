// Front: what the collector offers to others: the web viewer, the query API, receivers of OTLP.
// Path:    browser, SDKs -> [Front] -> store, Collector
// Owner:   the command that runs the collector; dies before it.
// Threads: the servers' own.
// Failure: what cannot be opened is left out, with a sentence; nothing else of the collector
// suffers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/pipeline.h"
#include "collector/support/listen_address.h"

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
  /// not wait for it. Adds itself to the collector's status. Borrows both. Never null: appends a
  /// sentence to `faults` for each address that cannot be listened on, and opens the others.
  static std::unique_ptr<Front> start(const FrontOptions& options, Collector* collector,
                                      StoreExporter* store, std::vector<std::string>& faults);
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
