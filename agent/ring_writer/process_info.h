// ProcessInfo: raw facts about this process, for the collector to interpret.
#pragma once

#include <cstdint>

namespace seamtrace::agent::ring_writer {

/// Writes the list of wire::ProcessInfo; returns its length in bytes.
uint32_t fill_process_info(uint8_t* list, uint32_t capacity);

/// Inode of /proc/self/ns/pid, 0 when unknown.
uint64_t pid_namespace();
/// Field 22 of /proc/self/stat (proc(5)), 0 when unknown.
uint64_t process_start_ticks();

}  // namespace seamtrace::agent::ring_writer
