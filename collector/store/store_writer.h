// StoreWriter: one open file and all that a writer remembers of it.
// Path:    process -> [store] -> query
// Owner:   the Store, which makes a new one when the file turns out to be damaged.
// Threads: one.
// Memory:  the dictionary, the roll-ups of the last minutes, the traces of the last seconds.
// Failure: an Error; the transaction is rolled back and memory is as after the last commit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/process/batch.h"
#include "collector/store/chunk.h"
#include "collector/store/database.h"
#include "collector/store/dictionary.h"
#include "collector/store/kept_resource.h"
#include "collector/store/rollup_table.h"
#include "collector/store/span_decoder.h"
#include "collector/store/span_encoder.h"
#include "collector/store/store.h"
#include "collector/store/trace_state.h"

namespace seamtrace::collector::store {

/// The one row of the table `state`.
struct StoreState {
  uint64_t change = 0;
  int64_t next_row = 1;
  uint32_t next_entry = 1;
  uint64_t traces = 0, spans = 0, duplicates = 0, removed_traces = 0;
  uint64_t rollup_bytes = 0;  ///< what they take in the file, about
};

class StoreWriter final : private Entries {
 public:
  /// REQUIRES: the schema of `database` is prepared.
  explicit StoreWriter(std::unique_ptr<Database> database);

  /// To be called once, before all others. None: well.
  std::optional<Error> load();
  std::optional<Error> write(const std::vector<BatchPtr>& batches);
  /// One slice of retention. True: there is more to do.
  Result<bool> clean(const StoreOptions& options, uint64_t now_unix_ns);

  Fault fault() const { return fault_; }              ///< of the last call that failed
  const StoreState& state() const { return state_; }  ///< as of the last commit
  uint64_t written() const { return written_; }
  uint64_t dropped() const { return dropped_; }           ///< spans of traces that were full
  uint64_t oldest_unix_ns() const { return oldest_ns_; }  ///< the first start, 0: no traces
  Database& database() { return *database_; }

 private:
  struct TraceIdHash {
    size_t operator()(const TraceId& id) const { return id_number(id) ^ id_number(id, 8); }
  };
  using ResourceEntry = KeptResource;
  using TraceSpans = std::span<const Span*>;
  /// What is the same for all spans of a template, so that it is found once.
  struct TemplateFacts {
    std::vector<uint32_t> peer_attributes;  ///< numbers of those that peer_of() looks at
    bool tells_cache_use = false;
    bool tells_http_status = false;
    uint32_t operation = 0;  ///< where those attributes have their default values; 0: not known
  };

  std::optional<Error> fail();
  bool commit();
  bool load_state();
  void read_oldest();
  bool write_state();

  bool write_trace(const TraceId& id, TraceSpans spans);
  /// None: the trace in the file is full.
  TraceState* trace_state(const TraceId& id);
  bool restore(TraceState& trace);
  void count_dropped(uint64_t spans);
  bool add_span(const Span& span, TraceState& trace);
  SpanDigest digest_of(const Span& span, const ResourceEntry& resource, const SpanTemplate& shape);
  uint32_t operation_of(const Span& span, const ResourceEntry& resource);
  TemplateFacts& facts_of(const SpanTemplate& shape);
  void count_edge(const TraceState& trace, const SpanDigest& client, uint32_t answer, bool add);
  bool write_chunk(TraceState& trace);
  bool write_row(TraceState& trace, bool is_new);
  const ResourceEntry& resource_entry(const Resource* resource);
  void evict();

  std::optional<std::string_view> text(uint32_t id) override;
  const SpanTemplate* find_template(uint32_t id) override;
  std::shared_ptr<const Resource> resource(uint32_t id) override;

  std::unique_ptr<Database> database_;
  Dictionary dictionary_;
  RollupTable rollups_;
  SpanEncoder encoder_;
  ChunkPacker packer_;
  Statement find_trace_, insert_trace_, update_trace_, write_chunk_, read_chunks_, write_state_;

  StoreState state_, committed_;
  Fault fault_ = Fault::kNone;
  bool loaded_ = false;   ///< memory agrees with the file
  int64_t gone_row_ = 0;  ///< entries that only traces before it used have been removed
  uint64_t written_ = 0;
  uint64_t dropped_ = 0;
  uint64_t oldest_ns_ = 0;
  uint64_t transaction_ = 0;
  uint64_t new_spans_ = 0, new_dropped_ = 0, new_oldest_ns_ = 0;  ///< of this transaction
  std::unordered_map<TraceId, TraceState, TraceIdHash> traces_;
  size_t remembered_spans_ = 0;
  std::unordered_map<const Resource*, ResourceEntry> resources_;  ///< of this transaction
  std::unordered_map<uint32_t, std::unique_ptr<SpanTemplate>> decoded_templates_;
  std::unordered_map<uint32_t, std::shared_ptr<const Resource>> decoded_resources_;
  std::unordered_map<uint32_t, OperationKey> operations_;
  std::unordered_map<uint32_t, TemplateFacts> template_facts_;
  uint64_t evicted_ = 0;  ///< by which transaction traces were forgotten last
  std::string scratch_;
};

}  // namespace seamtrace::collector::store
