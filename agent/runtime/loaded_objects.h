// LoadedObjects: what the loader has mapped now, also by dlopen.
// Threads: any; keeps the loader from unloading anything meanwhile (its lock for readers, which it
//          never holds while it runs code of the program's). Not for hooks that may be called in a
//          signal handler.
// Memory:  borrows the loader's.
#pragma once

#include <cstdint>

namespace seamtrace::agent {

struct LoadedObject {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  uintptr_t bias = 0;             ///< to add to addresses in the file
  const void* dynamic = nullptr;  ///< its dynamic section

  bool contains(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) - begin < end - begin;
  }
};

/// Calls `visit` for every object but this library, in load order, until it says false.
void visit_loaded_objects(bool (*visit)(const LoadedObject&, void*), void* argument);

/// The address of a function that this object defines (its default version), or null.
void* find_symbol_in(const LoadedObject& object, const char* name);

/// Whether `object` names `other` among the libraries that it needs.
bool needs(const LoadedObject& object, const LoadedObject& other);

}  // namespace seamtrace::agent
