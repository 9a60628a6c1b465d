#include "collector/store/entry_reader.h"

namespace seamtrace::collector::store {
namespace {

constexpr size_t kMostEntries = 200'000;

}  // namespace

EntryReader::EntryReader(Database& database)
    : read_(std::make_unique<Statement>(
          database.prepare("SELECT kind, data FROM entry WHERE id = ?1"))) {}

EntryReader::Entry* EntryReader::entry(uint32_t id) {
  const auto known = entries_.find(id);
  if (known != entries_.end()) return &known->second;
  read_->bind(1, int64_t{id});
  if (!read_->step()) {
    read_->reset();
    return nullptr;
  }
  Entry& made = entries_[id];
  const int64_t kind = read_->integer(0);
  made.found = kind > 0 && kind < static_cast<int64_t>(kEntryKinds);
  made.kind = made.found ? static_cast<EntryKind>(kind) : EntryKind::kText;
  const std::string_view bytes = read_->bytes(1);
  switch (made.kind) {
    case EntryKind::kText:
      made.bytes = bytes;
      break;
    case EntryKind::kResource:
      made.resource = decode_resource(bytes);
      break;
    case EntryKind::kTemplate:
      made.shape = SpanTemplate::parse(bytes);
      break;
    case EntryKind::kOperation:
      made.operation = decode_operation(bytes);
      break;
    case EntryKind::kEdge:
      made.edge = decode_edge(bytes);
      break;
  }
  read_->reset();
  return &made;
}

EntryReader::Entry* EntryReader::entry(uint32_t id, EntryKind kind) {
  Entry* found = entry(id);
  return found != nullptr && found->found && found->kind == kind ? found : nullptr;
}

std::optional<std::string_view> EntryReader::text(uint32_t id) {
  const Entry* found = entry(id, EntryKind::kText);
  if (found == nullptr) return std::nullopt;
  return found->bytes;
}

const SpanTemplate* EntryReader::find_template(uint32_t id) {
  const Entry* found = entry(id, EntryKind::kTemplate);
  return found == nullptr ? nullptr : found->shape.get();
}

std::shared_ptr<const Resource> EntryReader::resource(uint32_t id) {
  const Entry* found = entry(id, EntryKind::kResource);
  return found == nullptr ? nullptr : found->resource;
}

const OperationKey* EntryReader::operation(uint32_t id) {
  const Entry* found = entry(id, EntryKind::kOperation);
  return found == nullptr || !found->operation ? nullptr : &*found->operation;
}

const EdgeKey* EntryReader::edge(uint32_t id) {
  const Entry* found = entry(id, EntryKind::kEdge);
  return found == nullptr || !found->edge ? nullptr : &*found->edge;
}

std::optional<EntryKind> EntryReader::kind(uint32_t id) {
  const Entry* found = entry(id);
  if (found == nullptr || !found->found) return std::nullopt;
  return found->kind;
}

void EntryReader::trim() {
  if (entries_.size() > kMostEntries) entries_.clear();
}

}  // namespace seamtrace::collector::store
