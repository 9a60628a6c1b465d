// SymbolLookup: finds the next definition of a function in the loaded objects.
// Why not dlsym: it takes the loader's lock, may allocate, and ties the library to the C library
// that it was built with (dlsym moved from libdl to libc).
// Threads: any; reads the loader's list of objects, whose start-up part never changes.
// Failure: null.
// Source:  System V gABI, chapter 5 (dynamic linking); GNU hash section; r_debug (link.h).
#pragma once

namespace seamtrace::agent {

/// The address of `name` in the first object behind this library that defines it, in load order.
/// `version`: the symbol version to prefer, or null for the default one.
void* find_next_symbol(const char* name, const char* version);

/// Whether this library comes before every other object that defines `name`. Of two copies of the
/// agent only the first may work.
bool is_first_to_define(const char* name);

}  // namespace seamtrace::agent
