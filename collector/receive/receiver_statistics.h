// ReceiverStatistics: what came, and what was refused.
// Path:    [receive] -> query (`receiver` of health)
// Threads: ReceiverCounters: any.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "collector/receive/refusal.h"

namespace seamtrace::collector {

struct ReceiverStatistics {
  std::string grpc;  ///< address it listens on, e.g. `127.0.0.1:4317`; empty: it does not
  std::string http;
  uint64_t spans = 0;     ///< taken
  uint64_t requests = 0;  ///< of which spans were taken, or that held none
  /// Requests by reason; spans where the reason begins with `span_`. Only what occurred.
  std::map<std::string, uint64_t> refused;
  std::string last_error;  ///< a sentence; empty: nothing was ever refused
};

class ReceiverCounters {
 public:
  void listens_grpc(std::string address);
  void listens_http(std::string address);

  void take(uint64_t spans);
  void refuse(Refusal refusal, uint64_t count, const std::string& message);

  ReceiverStatistics read() const;

 private:
  mutable std::mutex mutex_;
  ReceiverStatistics statistics_;  ///< without `refused`
  std::array<uint64_t, kRefusals> refused_{};
};

}  // namespace seamtrace::collector
