// FdTable: what an fd is. One look-up decides most calls.
// Threads: any; an entry is one atomic word.
// Memory:  8 MiB of address space, of which as much is usable as the fds in use need.
// Failure: an fd beyond the table is not traced (counted).
#pragma once

#include <atomic>
#include <cstdint>

#include "agent/connections/connection.h"

namespace seamtrace::agent::connections {

/// An entry: a small constant, or a connection's address with 16 bits of its generation above it.
using FdEntry = uint64_t;
inline constexpr FdEntry kUnknown = 0;       ///< never seen
inline constexpr FdEntry kNotTraced = 1;     ///< not a stream socket, closed, or given up
inline constexpr FdEntry kStreamSocket = 2;  ///< from socket(), not connected yet
inline constexpr FdEntry kListening = 3;
inline constexpr FdEntry kFirstConnection = 4;

/// Maps the table. False: no memory at all.
bool open_table();
/// Only in a forked child.
void unlock_table_after_fork();

namespace internal {
extern std::atomic<FdEntry>* table;
extern std::atomic<uint32_t> table_size;  ///< entries that are usable; grows
extern std::atomic<uint32_t> fds_used;
}  // namespace internal

/// kNotTraced for what is not in the table.
inline FdEntry entry_of(int fd) {
  return static_cast<uint32_t>(fd) < internal::table_size.load(std::memory_order_acquire)
             ? internal::table[fd].load(std::memory_order_acquire)
             : kNotTraced;
}
/// Whether an fd is in the table. Once it is, it stays.
inline bool has_entry(int fd) {
  return static_cast<uint32_t>(fd) < internal::table_size.load(std::memory_order_acquire);
}
/// Replaces an entry and returns the old one; kNotTraced (and no effect) beyond its limit.
FdEntry replace_entry(int fd, FdEntry entry);
/// Replaces an entry that still is `expected`. True: it was.
bool replace_entry_if(int fd, FdEntry expected, FdEntry entry);

inline bool is_connection(FdEntry entry) { return entry >= kFirstConnection; }
inline Connection* connection_in(FdEntry entry) {
  return reinterpret_cast<Connection*>(entry & 0x0000'ffff'ffff'ffff);
}
/// The entry of a connection as it is now.
inline FdEntry entry_for(const Connection& connection) {
  return connection.generation.load(std::memory_order_relaxed) << 48 |
         reinterpret_cast<FdEntry>(&connection);
}
/// Whether the entry still means the connection that it was made for.
inline bool is_current(FdEntry entry) { return entry_for(*connection_in(entry)) == entry; }

/// One past the highest fd that ever had an entry.
inline uint32_t fds_used() { return internal::fds_used.load(std::memory_order_relaxed); }

}  // namespace seamtrace::agent::connections
