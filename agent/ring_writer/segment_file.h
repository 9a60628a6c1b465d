// SegmentFile: makes the file of a segment and maps it.
// Failure: returns null and leaves no file behind.
#pragma once

#include <cstdint>

namespace seamtrace::agent::ring_writer {

/// Creates `<base>/seamtrace-<euid>/<pid>-<time>.segment`, maps it, fills header, control block and
/// process info, and stores the magic. No fd stays open. Null when any of that is impossible.
uint8_t* create_segment();

/// Makes sure that writing to a range of the mapping cannot fault. `base` + offset must be page
/// aligned. False when the memory is not to be had.
bool populate(uint8_t* address, uint64_t bytes);

}  // namespace seamtrace::agent::ring_writer
