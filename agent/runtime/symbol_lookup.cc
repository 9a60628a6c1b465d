#include "agent/runtime/symbol_lookup.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

#include "agent/runtime/loaded_objects.h"

namespace seamtrace::agent {

namespace {

/// The tables of one loaded object.
struct Object {
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  const uint32_t* gnu_hash = nullptr;
  const ElfW(Versym) * versions = nullptr;
  const ElfW(Verdef) * definitions = nullptr;
};

/// Some loaders relocate the addresses in the dynamic section, others leave them as in the file.
template <typename T>
T at(const link_map& map, ElfW(Addr) address) {
  return reinterpret_cast<T>(address < map.l_addr ? address + map.l_addr : address);
}

Object read_object(const link_map& map) {
  Object object;
  for (const ElfW(Dyn)* entry = map.l_ld; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    const ElfW(Addr) address = entry->d_un.d_ptr;
    switch (entry->d_tag) {
      case DT_SYMTAB:
        object.symbols = at<const ElfW(Sym)*>(map, address);
        break;
      case DT_STRTAB:
        object.strings = at<const char*>(map, address);
        break;
      case DT_GNU_HASH:
        object.gnu_hash = at<const uint32_t*>(map, address);
        break;
      case DT_VERSYM:
        object.versions = at<const ElfW(Versym)*>(map, address);
        break;
      case DT_VERDEF:
        object.definitions = at<const ElfW(Verdef)*>(map, address);
        break;
      default:
        break;
    }
  }
  return object;
}

uint32_t gnu_hash_of(const char* name) {
  uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

const char* version_name(const Object& object, uint16_t index) {
  const ElfW(Verdef)* definition = object.definitions;
  while (definition != nullptr) {
    const auto* bytes = reinterpret_cast<const char*>(definition);
    if (definition->vd_ndx == index)
      return object.strings +
             reinterpret_cast<const ElfW(Verdaux)*>(bytes + definition->vd_aux)->vda_name;
    if (definition->vd_next == 0) break;
    definition = reinterpret_cast<const ElfW(Verdef)*>(bytes + definition->vd_next);
  }
  return nullptr;
}

enum class Match { kNo, kOther, kBest };

/// Whether a symbol's version is the one wanted (kBest) or a mere fallback.
Match match_version(const Object& object, uint32_t symbol, const char* wanted) {
  constexpr uint16_t kHidden = 0x8000;
  if (object.versions == nullptr) return Match::kBest;
  const uint16_t index = object.versions[symbol];
  if (wanted == nullptr) return (index & kHidden) == 0 ? Match::kBest : Match::kOther;
  const char* name = version_name(object, index & static_cast<uint16_t>(~kHidden));
  if (name != nullptr && strcmp(name, wanted) == 0) return Match::kBest;
  return (index & kHidden) == 0 ? Match::kOther : Match::kNo;
}

void* address_of(const link_map& map, const ElfW(Sym) & symbol) {
  auto* address = reinterpret_cast<void*>(map.l_addr + symbol.st_value);
  if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
    return reinterpret_cast<void* (*)()>(address)();
  return address;
}

void* find_in(const link_map& map, const char* name, uint32_t hash, const char* version) {
  const Object object = read_object(map);
  if (object.symbols == nullptr || object.strings == nullptr || object.gnu_hash == nullptr)
    return nullptr;
  const uint32_t bucket_count = object.gnu_hash[0];
  const uint32_t first_symbol = object.gnu_hash[1];
  const uint32_t bloom_words = object.gnu_hash[2];
  const uint32_t* buckets = object.gnu_hash + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
  const uint32_t* chain = buckets + bucket_count;
  if (bucket_count == 0) return nullptr;
  void* fallback = nullptr;
  for (uint32_t i = buckets[hash % bucket_count]; i >= first_symbol && i != 0; ++i) {
    const uint32_t entry = chain[i - first_symbol];
    const ElfW(Sym)& symbol = object.symbols[i];
    if ((entry | 1) == (hash | 1) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 &&
        strcmp(object.strings + symbol.st_name, name) == 0) {
      const Match match = match_version(object, i, version);
      if (match == Match::kBest) return address_of(map, symbol);
      if (match == Match::kOther) fallback = address_of(map, symbol);
    }
    if ((entry & 1) != 0) break;
  }
  return fallback;
}

/// The loader's list of objects, found through the program's own headers.
const link_map* first_object() {
  static const link_map* found = nullptr;
  if (found != nullptr) return found;
  const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
  const unsigned long count = getauxval(AT_PHNUM);
  if (headers == nullptr) return nullptr;
  ElfW(Addr) bias = 0;
  for (unsigned long i = 0; i < count; ++i)
    if (headers[i].p_type == PT_PHDR)
      bias = reinterpret_cast<ElfW(Addr)>(headers) - headers[i].p_vaddr;
  for (unsigned long i = 0; i < count; ++i) {
    if (headers[i].p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(bias + headers[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry)
      if (entry->d_tag == DT_DEBUG && entry->d_un.d_ptr != 0)
        found = reinterpret_cast<const r_debug*>(entry->d_un.d_ptr)->r_map;
  }
  return found;
}

bool is_this_library(const link_map& map) { return map.l_ld == _DYNAMIC; }

}  // namespace

void* find_symbol_in(const LoadedObject& object, const char* name) {
  link_map map{};
  map.l_addr = object.bias;
  map.l_ld = static_cast<ElfW(Dyn)*>(const_cast<void*>(object.dynamic));
  return find_in(map, name, gnu_hash_of(name), nullptr);
}

bool is_first_to_define(const char* name) {
  const uint32_t hash = gnu_hash_of(name);
  for (const link_map* map = first_object(); map != nullptr; map = map->l_next)
    if (find_in(*map, name, hash, nullptr) != nullptr) return is_this_library(*map);
  return true;
}

void* find_next_symbol(const char* name, const char* version) {
  const uint32_t hash = gnu_hash_of(name);
  bool behind_this_library = false;
  for (const link_map* map = first_object(); map != nullptr; map = map->l_next) {
    if (behind_this_library) {
      if (void* address = find_in(*map, name, hash, version)) return address;
    } else {
      behind_this_library = is_this_library(*map);
    }
  }
  return nullptr;
}

}  // namespace seamtrace::agent
