#include "agent/runtime/loaded_objects.h"

#include <elf.h>
#include <link.h>
#include <string.h>

namespace seamtrace::agent {

namespace {

struct Visit {
  bool (*visit)(const LoadedObject&, void*);
  void* argument;
};

LoadedObject read_object(const dl_phdr_info& info) {
  LoadedObject object;
  object.bias = info.dlpi_addr;
  object.begin = UINTPTR_MAX;
  for (unsigned i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info.dlpi_phdr[i];
    const uintptr_t from = info.dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_DYNAMIC) object.dynamic = reinterpret_cast<const void*>(from);
    if (header.p_type != PT_LOAD) continue;
    if (from < object.begin) object.begin = from;
    if (from + header.p_memsz > object.end) object.end = from + header.p_memsz;
  }
  return object;
}

int visit_one(dl_phdr_info* info, size_t, void* raw) {
  const auto* visit = static_cast<const Visit*>(raw);
  const LoadedObject object = read_object(*info);
  if (object.dynamic == nullptr || object.dynamic == _DYNAMIC) return 0;
  return visit->visit(object, visit->argument) ? 0 : 1;
}

/// The value of a dynamic entry that is an address.
const char* strings_of(const LoadedObject& object) {
  for (const auto* entry = static_cast<const ElfW(Dyn)*>(object.dynamic); entry->d_tag != DT_NULL;
       ++entry) {
    // The loader relocates it, except in objects whose dynamic section is read-only.
    const uintptr_t address = entry->d_un.d_ptr;
    if (entry->d_tag == DT_STRTAB)
      return reinterpret_cast<const char*>(address < object.bias ? address + object.bias : address);
  }
  return nullptr;
}

}  // namespace

void visit_loaded_objects(bool (*visit)(const LoadedObject&, void*), void* argument) {
  Visit each{visit, argument};
  dl_iterate_phdr(visit_one, &each);
}

bool needs(const LoadedObject& object, const LoadedObject& other) {
  const char* own_strings = strings_of(object);
  const char* other_strings = strings_of(other);
  if (own_strings == nullptr || other_strings == nullptr) return false;
  const char* name = nullptr;
  for (const auto* entry = static_cast<const ElfW(Dyn)*>(other.dynamic); entry->d_tag != DT_NULL;
       ++entry)
    if (entry->d_tag == DT_SONAME) name = other_strings + entry->d_un.d_val;
  if (name == nullptr) return false;
  for (const auto* entry = static_cast<const ElfW(Dyn)*>(object.dynamic); entry->d_tag != DT_NULL;
       ++entry)
    if (entry->d_tag == DT_NEEDED && strcmp(own_strings + entry->d_un.d_val, name) == 0)
      return true;
  return false;
}

}  // namespace seamtrace::agent
