#include "collector/store/dictionary.h"

#include <algorithm>

namespace seamtrace::collector::store {
namespace {

constexpr size_t kMostTexts = 64 * 1024;
constexpr size_t kMostTemplates = 16 * 1024;
constexpr size_t kMostKeys = 20'000;       ///< operations, and as many edges
constexpr uint64_t kMostBytes = 32 << 20;  ///< of each Share
constexpr size_t kLongestText = 1024;
constexpr size_t kLongestKey = 4096;
constexpr size_t kLongestTemplate = 16 * 1024;
constexpr uint64_t kLongestResource = 64 * 1024;
constexpr size_t kSeenSlots = 1 << 16;
constexpr size_t kPerhapsSlots = 1 << 19;
constexpr unsigned kSeenEnough = 3, kCountBits = 4, kCountMask = (1 << kCountBits) - 1;

}  // namespace

Dictionary::Dictionary(Database& database)
    : database_(database),
      insert_(database.prepare("INSERT INTO entry VALUES(?1, ?2, ?3, ?4, 0)")),
      update_(database.prepare("UPDATE entry SET used = ?2, count = ?3 WHERE id = ?1")),
      perhaps_(kPerhapsSlots),
      seen_(kSeenSlots) {
  set_room(UINT64_MAX);
}

void Dictionary::set_room(uint64_t file_bytes) {
  const auto part = [&](uint64_t of) { return std::min(kMostBytes, file_bytes / of); };
  most_bytes_ = {part(8), part(8), part(16)};
  longest_resource_ = std::min(kLongestResource, file_bytes / 64);
}

void Dictionary::set_rows(int64_t last, int64_t ahead) {
  last_row_ = last;
  ahead_ = ahead;
}

int64_t Dictionary::mark(EntryKind kind) const {
  // Templates and resources are written at every use for their counts: they need no reserve.
  const bool counted = kind == EntryKind::kTemplate || kind == EntryKind::kResource;
  return counted ? last_row_ : last_row_ + ahead_;
}

Dictionary::Share Dictionary::share_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::kResource:
      return Share::kResources;
    case EntryKind::kOperation:
    case EntryKind::kEdge:
      return Share::kKeys;
    default:
      return Share::kParts;
  }
}

bool Dictionary::load(uint32_t next_id) {
  changed_.clear();
  by_id_.clear();
  for (auto& map : by_bytes_) map.clear();
  perhaps_.assign(kPerhapsSlots, false);
  bytes_ = {};
  next_id_ = std::max<uint32_t>(next_id, 1);
  Statement all = database_.prepare("SELECT id, kind, data, used, count FROM entry");
  while (all.step()) {
    const uint64_t id = all.natural(0), kind = all.natural(1);
    if (id == 0 || id >= next_id_ || kind == 0 || kind >= kEntryKinds) {
      database_.damaged("an entry of the dictionary has a wrong number");
      return false;
    }
    keep(static_cast<uint32_t>(id), static_cast<EntryKind>(kind), all.bytes(2), all.integer(3),
         all.natural(4));
  }
  return !database_.failed();
}

void Dictionary::keep(uint32_t id, EntryKind kind, std::string_view bytes, int64_t used,
                      uint64_t count) {
  const auto [at, added] = by_bytes_[static_cast<size_t>(kind)].try_emplace(
      std::string(bytes), Entry{id, used, count, false});
  if (added) bytes_[static_cast<size_t>(share_of(kind))] += bytes.size();
  by_id_[id] = &*at;
  if (kind == EntryKind::kText) perhaps_[hash_bytes(bytes) % kPerhapsSlots] = true;
}

uint32_t Dictionary::find(EntryKind kind, std::string_view bytes) {
  auto& map = by_bytes_[static_cast<size_t>(kind)];
  const auto at = map.find(bytes);
  if (at == map.end()) return 0;
  use(at->second, mark(kind), 0);
  return at->second.id;
}

uint32_t Dictionary::intern(EntryKind kind, std::string_view bytes) {
  const uint32_t found = find(kind, bytes);
  return found != 0 ? found : insert(kind, bytes);
}

uint32_t Dictionary::intern_bounded(EntryKind kind, std::string_view bytes) {
  const uint32_t found = find(kind, bytes);
  if (found != 0) return found;
  return has_room(kind, bytes.size()) ? insert(kind, bytes) : 0;
}

bool Dictionary::has_room(EntryKind kind, size_t bytes) const {
  const auto share = static_cast<size_t>(share_of(kind));
  if (bytes_[share] + bytes > most_bytes_[share]) return false;
  const size_t count = by_bytes_[static_cast<size_t>(kind)].size();
  switch (kind) {
    case EntryKind::kText:
      return count < kMostTexts;
    case EntryKind::kTemplate:
      return count < kMostTemplates && bytes <= kLongestTemplate;
    case EntryKind::kOperation:
    case EntryKind::kEdge:
      return count < kMostKeys && bytes <= kLongestKey;
    case EntryKind::kResource:
      return bytes <= longest_resource_;
  }
  return false;
}

uint32_t Dictionary::text(std::string_view text) {
  if (text.size() < 2 || text.size() > kLongestText) return 0;
  if (perhaps_[hash_bytes(text) % kPerhapsSlots]) {
    const uint32_t found = find(EntryKind::kText, text);
    if (found != 0) return found;
  }
  return seen_often(text) ? intern_bounded(EntryKind::kText, text) : 0;
}

bool Dictionary::seen_often(std::string_view text) {
  // Two texts may share a place: the later one drives the earlier one out, so that texts which
  // never come again do not add up.
  const uint64_t hash = hash_bytes(text, 1);
  uint16_t& place = seen_[hash % kSeenSlots];
  const auto mark = static_cast<uint16_t>(hash >> 48 & ~uint64_t{kCountMask});
  if ((place & ~kCountMask) != mark) {
    place = static_cast<uint16_t>(mark | 1);
    return false;
  }
  ++place;
  if ((place & kCountMask) < kSeenEnough) return false;
  place = 0;
  return true;
}

uint32_t Dictionary::insert(EntryKind kind, std::string_view bytes) {
  const uint32_t id = next_id_++;
  insert_.bind(1, int64_t{id}).bind(2, static_cast<int64_t>(kind)).bind_blob(3, bytes);
  insert_.bind(4, mark(kind)).run();
  keep(id, kind, bytes, mark(kind), 0);
  return id;
}

void Dictionary::use(uint32_t id, uint64_t times) {
  const auto at = by_id_.find(id);
  if (at != by_id_.end()) use(at->second->second, last_row_ + (times == 0 ? ahead_ : 0), times);
}

void Dictionary::use(Entry& entry, int64_t row, uint64_t times) {
  entry.count += times;
  if (entry.used >= last_row_ && times == 0) return;
  entry.used = std::max(entry.used, row);
  if (entry.changed) return;
  entry.changed = true;
  changed_.push_back(&entry);
}

std::string_view Dictionary::bytes(uint32_t id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? std::string_view{} : at->second->first;
}

bool Dictionary::flush() {
  for (Entry* entry : changed_) {
    entry->changed = false;
    update_.bind(1, int64_t{entry->id}).bind(2, entry->used).bind(3, entry->count).run();
  }
  changed_.clear();
  return !database_.failed();
}

}  // namespace seamtrace::collector::store
