// PreparedTexts: the texts of a connection's prepared statements, by the codec's key.
// Path:    codecs -> database_stream -> [prepared_texts]
// Owner:   a DatabaseSession; the texts come from a type-stable pool.
// Threads: the caller holds the connection's lock.
// Memory:  a text is cut to what a record can hold.
// Failure: without room a definition is not kept (counted), and its executions have no text.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace seamtrace::agent::connections {

struct PreparedText {
  static constexpr uint32_t kCapacity = 1496;  // with the head 1536 bytes
  std::atomic<uint32_t> pool_next;
  uint32_t tag;
  uint64_t key;
  PreparedText* next;
  uint16_t size;
  bool truncated;
  char text[kCapacity];
};

/// Zero is the valid initial state.
class PreparedTexts {
 public:
  /// Begins a definition that the server has not confirmed yet.
  void define(uint64_t key, uint32_t tag);
  /// More text of the definition begun last.
  void append(const char* bytes, size_t size);
  /// The oldest unconfirmed definition is valid from now on, under `key` if given.
  void confirm(const uint64_t* key);
  void drop_oldest_unconfirmed();
  void drop_unconfirmed(uint32_t tag);
  /// The newest definition of that key, confirmed or not; null: unknown.
  const PreparedText* find(uint64_t key) const;
  void forget(uint64_t key);
  void clear();

 private:
  static constexpr uint32_t kBuckets = 16;
  PreparedText*& bucket(uint64_t key) { return confirmed_[(key ^ key >> 32) % kBuckets]; }

  PreparedText* confirmed_[kBuckets];
  PreparedText* oldest_unconfirmed_;
  PreparedText* newest_unconfirmed_;
  bool exhausted_;  ///< there was no room once: nothing is kept any more
};

/// Maps the pool.
bool open_prepared_texts();
/// Only in a forked child.
void unlock_prepared_texts_after_fork();

}  // namespace seamtrace::agent::connections
