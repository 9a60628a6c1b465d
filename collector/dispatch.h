// Dispatch: hands each batch to every exporter, and knows what all of them are done with.
// Path:    process -> [Dispatch] -> export
// Owner:   the Collector.
// Threads: one.
// Failure: an exporter whose queue is full holds the next batch back for all: what is not read
//          stays in shared memory.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "collector/export/exporter.h"

namespace seamtrace::collector {

class Dispatch {
 public:
  explicit Dispatch(std::vector<std::unique_ptr<Exporter>> exporters);

  /// REQUIRES: no batch was given yet.
  void add(std::unique_ptr<Exporter> exporter);

  /// True when every exporter took the last batch.
  bool ready() const { return waiting_ == 0; }
  /// REQUIRES: ready().
  void give(const BatchPtr& batch);
  /// Offers the last batch again to those that have not taken it.
  void try_again();

  /// Every exporter is done with the batches up to this one.
  uint64_t done_sequence() const;
  bool all_done() const { return done_sequence() == last_sequence_; }

  /// Asks every exporter not to wait for its schedule.
  void hurry();

  const std::vector<std::unique_ptr<Exporter>>& exporters() const { return exporters_; }

 private:
  std::vector<std::unique_ptr<Exporter>> exporters_;
  std::vector<BatchPtr> refused_;  ///< for each exporter, null when it has taken the last batch
  size_t waiting_ = 0;
  uint64_t last_sequence_ = 0;
};

}  // namespace seamtrace::collector
