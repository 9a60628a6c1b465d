// RecordingConsumer: keeps what the ring reader hands on, for tests.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "collector/ring_reader/consumer.h"

namespace seamtrace::collector::testing {

struct SeenRecord {
  ProducerId producer;
  uint64_t number;  ///< as given to RecordBuilder
  wire::Outcome outcome;
  std::optional<Death> death;
  uint64_t sequence;
};

class RecordingConsumer : public RecordConsumer {
 public:
  void attached(ProducerId producer, const ProcessFacts& facts) override {
    processes[producer] = facts;
  }
  bool ready() const override { return records.size() < most_records; }
  uint64_t accept(ProducerId producer, const Record& record) override {
    uint64_t number = 0;
    for (int i = 1; i < 8; ++i) number = number << 8 | record.exchange.span_id[i];
    records.push_back({producer, number, static_cast<wire::Outcome>(record.exchange.outcome),
                       record.death, sequence});
    return sequence;
  }
  void detached(ProducerId producer, const Counters& counters) override {
    gone[producer] = counters;
  }

  std::vector<uint64_t> numbers() const {
    std::vector<uint64_t> result;
    for (const SeenRecord& record : records) result.push_back(record.number);
    return result;
  }

  std::vector<SeenRecord> records;
  std::map<ProducerId, ProcessFacts> processes;
  std::map<ProducerId, Counters> gone;
  uint64_t sequence = 1;  ///< of the batch that takes the next record
  size_t most_records = SIZE_MAX;
};

}  // namespace seamtrace::collector::testing
