#include "collector/store/store_writer.h"

#include <algorithm>

#include "collector/process/resource.h"
#include "collector/store/peer.h"
#include "collector/store/row_facts.h"
#include "collector/support/log.h"

namespace seamtrace::collector::store {
namespace {

constexpr size_t kRememberedSpans = 200'000;
/// Above this, not even all traces of the last transaction are kept: some of them are enormous.
constexpr size_t kMostRememberedSpans = 1'000'000;
/// Traces that got no span for so many transactions are forgotten first.
constexpr uint64_t kRememberedTransactions = 64;

/// Entries of the dictionary are marked as used by so many rows to come, or by a quarter of the
/// traces that there are: both keep it rare that a mark is written.
constexpr uint64_t kLeastRowsAhead = 256, kMostRowsAhead = 1 << 18;

int64_t clamped(uint64_t value) {
  return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

}  // namespace

StoreWriter::StoreWriter(std::unique_ptr<Database> database)
    : database_(std::move(database)),
      dictionary_(*database_),
      rollups_(*database_),
      encoder_(dictionary_),
      find_trace_(database_->prepare(
          "SELECT row, id_high, spans FROM trace WHERE id_low = ?1 ORDER BY row DESC")),
      insert_trace_(database_->prepare(
          "INSERT INTO trace VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")),
      update_trace_(database_->prepare(
          "UPDATE trace SET start = ?4, duration = ?5, change = ?6, root = ?7, facts = ?8, "
          "spans = ?9, errors = ?10, services = ?11 WHERE row = ?1 AND id_high = ?2 AND id_low = "
          "?3")),
      write_chunk_(database_->prepare("INSERT OR REPLACE INTO chunk VALUES(?1, ?2)")),
      read_chunks_(
          database_->prepare("SELECT id, data FROM chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id")),
      write_state_(database_->prepare(
          "UPDATE state SET change = ?1, next_row = ?2, next_entry = ?3, traces = ?4, spans = ?5, "
          "duplicates = ?6, removed_traces = ?7, rollup_bytes = ?8")) {}

bool StoreWriter::load_state() {
  Statement read = database_->prepare(
      "SELECT change, next_row, next_entry, traces, spans, duplicates, removed_traces, "
      "rollup_bytes FROM state");
  if (!read.step()) {
    database_->damaged("its table of the state is empty");
    return false;
  }
  state_.change = read.natural(0);
  state_.next_row = read.integer(1);
  state_.next_entry = static_cast<uint32_t>(read.natural(2));
  state_.traces = read.natural(3);
  state_.spans = read.natural(4);
  state_.duplicates = read.natural(5);
  state_.removed_traces = read.natural(6);
  state_.rollup_bytes = read.natural(7);
  committed_ = state_;
  return true;
}

void StoreWriter::read_oldest() {
  oldest_ns_ =
      static_cast<uint64_t>(database_->integer("SELECT coalesce(min(start), 0) FROM trace"));
}

std::optional<Error> StoreWriter::load() {
  traces_.clear();
  remembered_spans_ = 0;
  resources_.clear();
  decoded_templates_.clear();
  decoded_resources_.clear();
  operations_.clear();
  template_facts_.clear();
  rollups_.forget();
  encoder_.forget();
  loaded_ = load_state() && dictionary_.load(state_.next_entry);
  read_oldest();
  return loaded_ ? std::nullopt : fail();
}

std::optional<Error> StoreWriter::fail() {
  fault_ = database_->fault();
  Error error = database_->error();
  database_->roll_back();
  database_->clear_fault();
  state_ = committed_;
  loaded_ = false;
  return error;
}

bool StoreWriter::commit() {
  if (!database_->run("COMMIT")) return false;
  committed_ = state_;
  return true;
}

std::optional<Error> StoreWriter::write(const std::vector<BatchPtr>& batches) {
  if (!loaded_) {
    if (std::optional<Error> error = load()) return error;
  }
  // Spans by trace, traces in the order of their coming so that rows follow time.
  size_t count = 0;
  for (const BatchPtr& batch : batches) count += batch->list.spans.size();
  if (count == 0) return std::nullopt;
  std::vector<std::pair<uint32_t, const Span*>> spans;
  spans.reserve(count);
  std::unordered_map<TraceId, uint32_t, TraceIdHash> numbers;
  numbers.reserve(count / 4);
  for (const BatchPtr& batch : batches) {
    for (const Span& span : batch->list.spans) {
      const auto number = static_cast<uint32_t>(numbers.size());
      spans.emplace_back(numbers.try_emplace(span.trace_id, number).first->second, &span);
    }
  }
  std::sort(spans.begin(), spans.end(), [](const auto& left, const auto& right) {
    return std::pair(left.first, left.second->start_unix_ns) <
           std::pair(right.first, right.second->start_unix_ns);
  });
  if (!database_->run("BEGIN IMMEDIATE")) return fail();
  ++transaction_;
  ++state_.change;
  new_spans_ = new_dropped_ = 0;
  new_oldest_ns_ = oldest_ns_;
  dictionary_.set_rows(
      state_.next_row + static_cast<int64_t>(numbers.size()) - 1,
      static_cast<int64_t>(std::clamp(state_.traces / 4, kLeastRowsAhead, kMostRowsAhead)));
  std::vector<const Span*> trace;
  for (auto at = spans.begin(); at != spans.end();) {
    trace.clear();
    const uint32_t number = at->first;
    for (; at != spans.end() && at->first == number; ++at) trace.push_back(at->second);
    if (!write_trace(trace.front()->trace_id, trace)) return fail();
  }
  state_.next_entry = dictionary_.next_id();
  if (!rollups_.flush() || !dictionary_.flush()) return fail();
  state_.rollup_bytes += static_cast<uint64_t>(rollups_.take_growth());
  if (!write_state() || !commit()) return fail();
  written_ += new_spans_;
  count_dropped(new_dropped_);
  oldest_ns_ = new_oldest_ns_;
  resources_.clear();
  evict();
  return std::nullopt;
}

bool StoreWriter::write_state() {
  write_state_.bind(1, state_.change).bind(2, state_.next_row).bind(3, int64_t{state_.next_entry});
  write_state_.bind(4, state_.traces).bind(5, state_.spans).bind(6, state_.duplicates);
  return write_state_.bind(7, state_.removed_traces).bind(8, state_.rollup_bytes).run();
}

bool StoreWriter::write_trace(const TraceId& id, TraceSpans spans) {
  TraceState* const known = trace_state(id);
  if (known == nullptr) {
    new_dropped_ += spans.size();
    return !database_->failed();
  }
  TraceState& trace = *known;
  trace.used = transaction_;
  const bool is_new = trace.row == 0;
  if (is_new) trace.row = state_.next_row;
  const size_t before = trace.spans().size();
  for (const Span* span : spans) {
    if (!add_span(*span, trace)) return false;
  }
  const size_t added = trace.spans().size() - before;
  if (added == 0) {
    if (is_new) traces_.erase(id);
    return !database_->failed();
  }
  if (new_oldest_ns_ == 0 || trace.start_ns < new_oldest_ns_) new_oldest_ns_ = trace.start_ns;
  if (is_new) {
    ++state_.next_row;
    ++state_.traces;
  }
  state_.spans += added;
  new_spans_ += added;
  remembered_spans_ += added;
  for (const EdgeChange& change : trace.resolve()) {
    const SpanDigest& client = trace.spans()[change.client];
    if (change.counted) count_edge(trace, client, change.before, false);
    count_edge(trace, client, change.after, true);
  }
  return write_chunk(trace) && write_row(trace, is_new);
}

TraceState* StoreWriter::trace_state(const TraceId& id) {
  const auto [at, added] = traces_.try_emplace(id);
  TraceState& trace = at->second;
  if (!added) return &trace;
  trace.trace_id = id;
  find_trace_.bind(1, id_number(id, 8));
  uint64_t stored = 0;
  while (trace.row == 0 && find_trace_.step()) {
    if (find_trace_.natural(1) != id_number(id)) continue;
    trace.row = find_trace_.integer(0);
    stored = find_trace_.natural(2);
  }
  find_trace_.reset();
  if (stored >= kMostTraceSpans) {
    traces_.erase(at);
    return nullptr;
  }
  if (trace.row != 0 && !restore(trace) && !database_->failed()) {
    log(LogLevel::kWarning,
        "the store has a trace whose bytes are damaged; what comes for it is "
        "kept as another trace");
    trace = TraceState{};
    trace.trace_id = id;
  }
  return &trace;
}

bool StoreWriter::restore(TraceState& trace) {
  SpanDecoder decoder(*this, trace.trace_id);
  read_chunks_.bind(1, first_chunk(trace.row)).bind(2, last_chunk(trace.row));
  bool well = true;
  while (well && read_chunks_.step()) {
    const std::optional<std::string_view> records = packer_.unpack(read_chunks_.bytes(1));
    well = records && decoder.decode(*records);
    if (!well) break;
    trace.tail.clear();
    trace.tail.records = *records;
    trace.tail.last_start = decoder.last_start();
    trace.tail_chunk = read_chunks_.integer(0) - first_chunk(trace.row);
    trace.record_bytes += records->size();
  }
  read_chunks_.reset();
  if (!well) return false;
  const SpanList list = decoder.take();
  for (const Span& span : list.spans) {
    const ResourceEntry& resource = resource_entry(span.resource.get());
    trace.add(digest_of(span, resource, encoder_.shape_of(span)), resource.service);
  }
  // These resources end with the list: another one may get their address.
  resources_.clear();
  remembered_spans_ += list.spans.size();
  trace.resolve();
  return !list.spans.empty();
}

void StoreWriter::count_dropped(uint64_t spans) {
  if (spans > 0 && dropped_ == 0) {
    log(LogLevel::kWarning, "a trace has as many spans or bytes as the store keeps of one (" +
                                std::to_string(kMostTraceSpans) + " spans, " +
                                std::to_string(kMostTraceBytes >> 20) +
                                " MiB); what else comes for it is dropped and counted");
  }
  dropped_ += spans;
}

bool StoreWriter::add_span(const Span& span, TraceState& trace) {
  if (trace.find(id_number(span.span_id))) {
    ++state_.duplicates;
    return true;
  }
  if (trace.full()) {
    ++new_dropped_;
    return true;
  }
  const ResourceEntry& resource = resource_entry(span.resource.get());
  if (trace.tail.records.size() >= kChunkBytes) {
    if (!write_chunk(trace)) return false;
    trace.tail.clear();
    ++trace.tail_chunk;
  }
  ParentPlace place;
  if (const auto parent = trace.find(id_number(span.parent_span_id))) {
    place.records_back = trace.spans().size() - *parent;
  }
  const ChunkTail::End end = trace.tail.end();
  const SpanTemplate& shape = encoder_.encode(span, resource.entry, place, trace.tail);
  const size_t size = trace.tail.records.size() - end.records;
  if (trace.record_bytes + size > kMostTraceBytes) {
    trace.tail.cut(end);
    ++new_dropped_;
    return !database_->failed();
  }
  trace.record_bytes += size;
  const SpanDigest digest = digest_of(span, resource, shape);
  trace.add(digest, resource.service);
  Sample sample{digest.start_ns, digest.duration_ns, digest.status == StatusCode::kError,
                digest.hits,     digest.misses,      trace.trace_id};
  rollups_.add(digest.operation, sample);
  return !database_->failed();
}

SpanDigest StoreWriter::digest_of(const Span& span, const ResourceEntry& resource,
                                  const SpanTemplate& shape) {
  SpanDigest digest;
  digest.span_id = id_number(span.span_id);
  digest.parent_id = id_number(span.parent_span_id);
  digest.start_ns = span.start_unix_ns;
  digest.duration_ns =
      span.end_unix_ns > span.start_unix_ns ? span.end_unix_ns - span.start_unix_ns : 0;
  digest.kind = span.kind;
  digest.status = span.status;
  TemplateFacts& facts = facts_of(shape);
  if (facts.tells_cache_use) {
    const CacheUse use = cache_use_of(span);
    digest.hits = static_cast<uint32_t>(std::min<uint64_t>(use.hits, UINT32_MAX));
    digest.misses = static_cast<uint32_t>(std::min<uint64_t>(use.misses, UINT32_MAX));
  }
  if (facts.tells_http_status) digest.http_status = static_cast<int16_t>(http_status_of(span));
  const bool usual = shape.id != 0 && shape.has_name &&
                     std::ranges::all_of(facts.peer_attributes, [&](uint32_t i) {
                       return equal_values(span.attributes[i].value, shape.attributes[i].value);
                     });
  if (usual && facts.operation != 0) {
    dictionary_.use(facts.operation);
    digest.operation = facts.operation;
  } else {
    digest.operation = operation_of(span, resource);
    if (usual) facts.operation = digest.operation;
  }
  return digest;
}

StoreWriter::TemplateFacts& StoreWriter::facts_of(const SpanTemplate& shape) {
  const auto [at, added] = template_facts_.try_emplace(shape.id);
  TemplateFacts& facts = at->second;
  if (!added && shape.id != 0) return facts;
  facts = {};
  const bool calls = shape.kind == SpanKind::kClient || shape.kind == SpanKind::kProducer;
  for (uint32_t i = 0; i < shape.attributes.size(); ++i) {
    const std::string_view key = shape.attributes[i].key;
    if (calls && tells_peer(key)) facts.peer_attributes.push_back(i);
    facts.tells_cache_use |= tells_cache_use(key);
    facts.tells_http_status |= tells_http_status(key);
  }
  return facts;
}

uint32_t StoreWriter::operation_of(const Span& span, const ResourceEntry& resource) {
  OperationKey operation{resource.service_name, std::string(span.name), span.kind, peer_of(span)};
  encode_operation(operation, scratch_);
  uint32_t entry = dictionary_.intern_bounded(EntryKind::kOperation, scratch_);
  if (entry == 0) {
    operation.name = kOthers;
    operation.peer = {};
    encode_operation(operation, scratch_);
    entry = dictionary_.intern(EntryKind::kOperation, scratch_);
  }
  operations_.try_emplace(entry, std::move(operation));
  return entry;
}

void StoreWriter::count_edge(const TraceState& trace, const SpanDigest& client, uint32_t answer,
                             bool add) {
  const OperationKey& operation = operations_[client.operation];
  EdgeKey edge{operation.service, operation.peer};
  if (answer != 0) {
    const uint32_t answered = trace.spans()[answer - 1].operation;
    edge.to = {NodeKind::kService, "", operations_[answered].service};
  }
  if (edge.to.kind == NodeKind::kNone) return;
  encode_edge(edge, scratch_);
  uint32_t entry = dictionary_.intern_bounded(EntryKind::kEdge, scratch_);
  if (entry == 0) {
    edge.to.system.clear();
    edge.to.name = kOthers;
    encode_edge(edge, scratch_);
    entry = dictionary_.intern(EntryKind::kEdge, scratch_);
  }
  const Sample sample{client.start_ns, client.duration_ns, client.status == StatusCode::kError,
                      client.hits,     client.misses,      trace.trace_id};
  if (add) {
    rollups_.add(entry, sample);
  } else {
    rollups_.remove(entry, sample);
  }
}

bool StoreWriter::write_chunk(TraceState& trace) {
  write_chunk_.bind(1, first_chunk(trace.row) + trace.tail_chunk);
  return write_chunk_.bind_blob(2, packer_.pack(trace.tail.records)).run();
}

bool StoreWriter::write_row(TraceState& trace, bool is_new) {
  const SpanDigest& root = trace.root();
  scratch_.clear();
  ByteWriter services(scratch_);
  for (const uint32_t service : trace.services) services.number(service);
  Statement& write = is_new ? insert_trace_ : update_trace_;
  const RowFacts facts{root.status, root.parent_id == 0, root.http_status};
  write.bind(1, trace.row);
  write.bind(2, id_number(trace.trace_id)).bind(3, id_number(trace.trace_id, 8));
  write.bind(4, clamped(trace.start_ns)).bind(5, clamped(trace.end_ns - trace.start_ns));
  write.bind(6, state_.change).bind(7, int64_t{root.operation}).bind(8, pack_facts(facts));
  write.bind(9, static_cast<int64_t>(trace.spans().size())).bind(10, int64_t{trace.errors});
  return write.bind_blob(11, scratch_).run();
}

const StoreWriter::ResourceEntry& StoreWriter::resource_entry(const Resource* resource) {
  const auto [at, added] = resources_.try_emplace(resource);
  if (!added) return at->second;
  static const Resource kNone;
  if (resource == nullptr) resource = &kNone;
  return at->second = keep_resource(*resource, dictionary_);
}

void StoreWriter::evict() {
  if (remembered_spans_ <= kRememberedSpans) return;
  const uint64_t since = (transaction_ - evicted_) / 2 + 1;
  evicted_ = transaction_;
  for (uint64_t age = std::min(since, kRememberedTransactions);
       remembered_spans_ > kRememberedSpans / 2; age /= 2) {
    const size_t enough = age == 0 ? kMostRememberedSpans : kRememberedSpans / 2;
    std::erase_if(traces_, [&](const auto& entry) {
      const bool old = remembered_spans_ > enough && transaction_ - entry.second.used >= age;
      if (old) remembered_spans_ -= entry.second.spans().size();
      return old;
    });
    const uint64_t least = remembered_spans_ > kMostRememberedSpans ? 0 : 1;
    if (age <= least) break;
  }
}

std::optional<std::string_view> StoreWriter::text(uint32_t id) { return dictionary_.bytes(id); }

const SpanTemplate* StoreWriter::find_template(uint32_t id) {
  const auto [at, added] = decoded_templates_.try_emplace(id);
  if (added) at->second = SpanTemplate::parse(dictionary_.bytes(id));
  return at->second.get();
}

std::shared_ptr<const Resource> StoreWriter::resource(uint32_t id) {
  const auto [at, added] = decoded_resources_.try_emplace(id);
  if (added) at->second = decode_resource(dictionary_.bytes(id));
  return at->second;
}

}  // namespace seamtrace::collector::store
