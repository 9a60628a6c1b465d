// Dictionary: what repeats (texts, resources, templates, operations, edges), stored once.
// Path:    inside the store's writer
// Owner:   the writer; borrows its Database.
// Memory:  all entries, as bytes. Bounded but for resources, of which a process has one: when
//          there are too many, texts and templates stay where they occur, and operations and
//          edges are counted together as others.
// Failure: the Database's; after a roll-back the owner calls forget() and load().
// Source:  collector/store/FORMAT.md, "entry".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/store/bytes.h"
#include "collector/store/database.h"

namespace seamtrace::collector::store {

enum class EntryKind : uint8_t {
  kText = 1,
  kResource = 2,
  kTemplate = 3,
  kOperation = 4,
  kEdge = 5,
};
constexpr size_t kEntryKinds = 6;

/// Rows of traces are counted in epochs of this many: an entry remembers the last one that used
/// it, and is removed when all traces up to it are gone.
constexpr int64_t kRowsPerEpoch = 1 << 18;

struct BytesHash {
  using is_transparent = void;
  size_t operator()(std::string_view bytes) const { return hash_bytes(bytes); }
};

class Dictionary {
 public:
  explicit Dictionary(Database& database);

  /// Reads all entries anew. `next_id`: the first id that was never given.
  bool load(uint32_t next_id);
  void set_epoch(int64_t epoch) { epoch_ = epoch; }

  /// 0: there is none. Found entries are marked as used.
  uint32_t find(EntryKind kind, std::string_view bytes);
  /// Finds or adds, whatever the bounds say.
  uint32_t intern(EntryKind kind, std::string_view bytes);
  /// Finds or adds while there is room for this kind; 0: there is none.
  uint32_t intern_bounded(EntryKind kind, std::string_view bytes);
  /// A text that was seen a few times already; 0: leave it where it is.
  uint32_t text(std::string_view text);

  /// Marks as used by the present epoch, `times` times.
  void use(uint32_t id, uint64_t times = 0);
  std::string_view bytes(uint32_t id) const;
  uint32_t next_id() const { return next_id_; }

  /// Writes marks and counters that changed.
  bool flush();

  /// Calls `visit(id, bytes)` for all entries of a kind.
  template <typename Visit>
  void each(EntryKind kind, Visit visit) const {
    for (const auto& [bytes, entry] : by_bytes_[static_cast<size_t>(kind)]) visit(entry.id, bytes);
  }

 private:
  struct Entry {
    uint32_t id = 0;
    int64_t used = 0;
    uint64_t count = 0;
    bool changed = false;
  };

  bool has_room(EntryKind kind, size_t bytes) const;
  bool seen_often(std::string_view text);
  void use(Entry& entry, uint64_t times);
  uint32_t insert(EntryKind kind, std::string_view bytes);
  void keep(uint32_t id, EntryKind kind, std::string_view bytes, int64_t used, uint64_t count);

  Database& database_;
  Statement insert_;
  Statement update_;
  using ByBytes = std::unordered_map<std::string, Entry, BytesHash, std::equal_to<>>;

  std::array<ByBytes, kEntryKinds> by_bytes_;
  std::unordered_map<uint32_t, ByBytes::value_type*> by_id_;  ///< into by_bytes_
  std::vector<Entry*> changed_;
  std::vector<bool> perhaps_;   ///< by hash: whether there may be such a text; most are not there
  std::vector<uint16_t> seen_;  ///< marks of texts that were seen lately, and how often
  size_t total_bytes_ = 0;
  uint32_t next_id_ = 1;
  int64_t epoch_ = 0;
};

}  // namespace seamtrace::collector::store
