// Dictionary: what repeats (texts, resources, templates, operations, edges), stored once.
// Path:    inside the store's writer
// Owner:   the writer; borrows its Database.
// Memory:  all entries, as bytes, bounded to shares of the file's limit: when there are too many
//          or one is too long, texts and templates stay where they occur, operations and edges
//          are counted together as others, and resources are cut.
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

struct BytesHash {
  using is_transparent = void;
  size_t operator()(std::string_view bytes) const { return hash_bytes(bytes); }
};

class Dictionary {
 public:
  explicit Dictionary(Database& database);

  /// Reads all entries anew. `next_id`: the first id that was never given.
  bool load(uint32_t next_id);
  /// Bounds what follows to shares of a file of so many bytes.
  void set_room(uint64_t file_bytes);
  /// Rows of traces that are written from now on: `last` at most. An entry remembers a row after
  /// which nothing uses it, and is removed when all traces up to it are gone; so that this is not
  /// written again and again, it is `ahead` rows further than is known.
  void set_rows(int64_t last, int64_t ahead);

  /// 0: there is none. Found entries are marked as used.
  uint32_t find(EntryKind kind, std::string_view bytes);
  /// Finds or adds, whatever the bounds say.
  uint32_t intern(EntryKind kind, std::string_view bytes);
  /// Finds or adds while there is room for this kind; 0: there is none.
  uint32_t intern_bounded(EntryKind kind, std::string_view bytes);
  /// A text that was seen a few times already; 0: leave it where it is.
  uint32_t text(std::string_view text);

  /// Marks as used, and counts `times` uses.
  void use(uint32_t id, uint64_t times = 0);
  std::string_view bytes(uint32_t id) const;
  uint32_t next_id() const { return next_id_; }
  /// In bytes; a longer one has to be cut.
  size_t longest_resource() const { return longest_resource_; }

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
    int64_t used = 0;  ///< no trace with a greater row uses it
    uint64_t count = 0;
    bool changed = false;
  };

  /// Kinds that share their room.
  enum class Share : uint8_t { kParts, kResources, kKeys };
  static Share share_of(EntryKind kind);
  bool has_room(EntryKind kind, size_t bytes) const;
  int64_t mark(EntryKind kind) const;
  bool seen_often(std::string_view text);
  void use(Entry& entry, int64_t row, uint64_t times);
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
  std::array<size_t, 3> bytes_{}, most_bytes_{};  ///< by Share
  size_t longest_resource_ = 0;
  uint32_t next_id_ = 1;
  int64_t last_row_ = 0, ahead_ = 0;
};

}  // namespace seamtrace::collector::store
