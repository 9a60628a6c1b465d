"""A look into the shared memory; its layout is in wire/segment.h."""

import os
import struct

_SLOT_HIGH_WATER, _SLOTS, _SLOT_BYTES, _ACTIVE = 92, 224 * 1024, 2048, 2


def files(base):
    """The segments in a SEAMTRACE_DIR."""
    return [os.path.join(directory, name) for directory, _, names in os.walk(base)
            for name in names if name.endswith(".segment")]


def in_flight(base):
    """How many requests are being served or made by the processes that are traced there."""
    count = 0
    for path in files(base):
        try:
            with open(path, "rb", buffering=0) as file:
                (high,) = struct.unpack("<I", os.pread(file.fileno(), 4, _SLOT_HIGH_WATER))
                for slot in range(min(high, 8192)):
                    state = os.pread(file.fileno(), 4, _SLOTS + slot * _SLOT_BYTES)
                    count += struct.unpack("<I", state)[0] == _ACTIVE
        except (FileNotFoundError, struct.error):
            pass  # removed, or not ready yet
    return count
