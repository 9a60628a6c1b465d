// SegmentWriter: this process's side of the shared memory.
// Path:    spans -> [ring_writer] -> wire
// Owner:   one per process; a forked child makes its own.
// Threads: any; a chunk belongs to one thread at a time, a slot to one exchange.
// Memory:  every range is populated before it is first written.
// Failure: no segment, no room or no memory are counted; nothing blocks, nothing is retried
//          in a loop, no system call on the hot path.
#pragma once

#include <cstdint>

#include "agent/runtime/process_state.h"
#include "wire/segment.h"

namespace seamtrace::agent::ring_writer {

/// Adds to a named counter. Works before the segment exists, too.
void count(wire::Counter counter, uint64_t amount = 1);
/// A counter's value over all shards.
uint64_t counter_value(wire::Counter counter);

/// Creates and maps the segment unless that was tried before. True when it can be written.
bool ensure_segment();

/// The control block: of the segment, or a private one with the environment's settings.
const wire::ControlBlock& control();

/// The segment's table of targets (see targets.h); null without a segment.
wire::TargetStatistics* target_table();

/// A slot in state kBuilding, or null: all are in use, or there is no memory.
wire::InFlightSlot* take_slot();
void give_back(wire::InFlightSlot* slot);

/// Copies a finished record (its header.size bytes) where the collector finds it. False: lost
/// (counted).
bool write_record(const wire::ExchangeRecord& record);

/// Notes in the segment that abort() was called.
void note_fatal_signal(int signal_number);

/// Forgets the parent's segment. Only in a forked child, before anything else.
void forget_segment();

}  // namespace seamtrace::agent::ring_writer
