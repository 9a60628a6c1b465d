#include "agent/adapters/sqlite/sqlite_library.h"

#include "agent/runtime/loaded_objects.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/spin_lock.h"

namespace seamtrace::agent::adapters::sqlite {

namespace {

constexpr uint32_t kMostLibraries = 16;
constexpr uint32_t kMostVfs = 16;

/// Whose a VFS is. A reader that meets a change looks twice at `vfs`.
struct KnownVfs {
  std::atomic<const void*> vfs{nullptr};
  std::atomic<SqliteLibrary*> library{nullptr};
};

SqliteLibrary libraries[kMostLibraries];
KnownVfs known[kMostVfs];
uint32_t next_known = 0;
/// For when there is no room or no lock for what was found: better than to fail the call.
std::atomic<SqliteLibrary*> any_library{nullptr};
SpinLock lock;

const void* first_word(const void* object) {
  return object == nullptr ? nullptr : *static_cast<const void* const*>(object);
}

/// How sure it is that an object is the library that is looked for.
enum class Certainty : uint8_t { kNone, kDefinesIt, kNeededByCaller, kHoldsCaller, kHoldsVfs };

struct Search {
  const void* vfs = nullptr;
  const void* caller = nullptr;
  LoadedObject calling;
  LoadedObject found;
  Certainty certainty = Certainty::kNone;
};

Certainty judge(const Search& search, const LoadedObject& object) {
  if (find_symbol_in(object, "sqlite3_step") == nullptr ||
      find_symbol_in(object, "sqlite3_prepare_v2") == nullptr)
    return Certainty::kNone;
  if (search.vfs != nullptr && object.contains(search.vfs)) return Certainty::kHoldsVfs;
  if (object.contains(search.caller)) return Certainty::kHoldsCaller;
  if (search.calling.dynamic != nullptr && needs(search.calling, object))
    return Certainty::kNeededByCaller;
  return Certainty::kDefinesIt;
}

bool find_caller(const LoadedObject& object, void* raw) {
  auto* search = static_cast<Search*>(raw);
  if (!object.contains(search->caller)) return true;
  search->calling = object;
  return false;
}

bool find_better(const LoadedObject& object, void* raw) {
  auto* search = static_cast<Search*>(raw);
  const Certainty certainty = judge(*search, object);
  if (certainty > search->certainty) {
    search->certainty = certainty;
    search->found = object;
  }
  return search->certainty != Certainty::kHoldsVfs;
}

template <typename Function>
void resolve(const LoadedObject& object, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(find_symbol_in(object, name));
}

SqliteFunctions functions_of(const LoadedObject& object) {
  SqliteFunctions functions;
#define SEAMTRACE_RESOLVE(result, name, ...) resolve(object, "sqlite3_" #name, functions.name);
  SEAMTRACE_SQLITE_FUNCTIONS(SEAMTRACE_RESOLVE)
#undef SEAMTRACE_RESOLVE
  return functions;
}

struct Presence {
  uintptr_t begin;
  bool present;
};

bool is_loaded(uintptr_t begin) {
  Presence presence{begin, false};
  visit_loaded_objects(
      [](const LoadedObject& object, void* raw) {
        auto* wanted = static_cast<Presence*>(raw);
        wanted->present = object.begin == wanted->begin;
        return !wanted->present;
      },
      &presence);
  return presence.present;
}

SqliteLibrary* unused_library() {
  for (SqliteLibrary& library : libraries)
    if (library.begin == 0) return &library;
  for (SqliteLibrary& library : libraries)
    if (!is_loaded(library.begin)) return &library;
  return nullptr;
}

const SqliteLibrary* look_for(const void* vfs, const void* caller) {
  const ErrnoSaver saver;
  Search search;
  search.vfs = vfs;
  search.caller = caller;
  visit_loaded_objects(find_caller, &search);
  visit_loaded_objects(find_better, &search);
  if (search.certainty == Certainty::kNone) return any_library.load(std::memory_order_acquire);
  SqliteLibrary* library =
      add_library(functions_of(search.found), search.found.begin, search.found.end);
  if (library == nullptr) return any_library.load(std::memory_order_acquire);
  if (vfs != nullptr) remember(vfs, library);
  return library;
}

const SqliteLibrary* library_of_vfs(const void* vfs, const void* caller) {
  // Nothing tells whose null is, and a library that was the only one may be gone.
  if (vfs == nullptr) return look_for(nullptr, caller);
  for (const KnownVfs& entry : known) {
    if (entry.vfs.load(std::memory_order_acquire) != vfs) continue;
    const SqliteLibrary* library = entry.library.load(std::memory_order_acquire);
    if (entry.vfs.load(std::memory_order_acquire) == vfs) return library;
  }
  return look_for(vfs, caller);
}

}  // namespace

SqliteLibrary* add_library(const SqliteFunctions& functions, uintptr_t begin, uintptr_t end) {
  SpinLockHolder holder(lock);
  if (!holder) return nullptr;
  for (SqliteLibrary& library : libraries)
    if (library.begin == begin && library.end == end && library.functions.step == functions.step)
      return &library;
  SqliteLibrary* library = unused_library();
  if (library == nullptr) return nullptr;
  for (KnownVfs& entry : known)
    if (entry.library.load(std::memory_order_relaxed) == library)
      entry.vfs.store(nullptr, std::memory_order_release);
  library->functions = functions;
  library->begin = begin;
  library->end = end;
  library->inner_calls.store(InnerCalls::kUnknown, std::memory_order_relaxed);
  SqliteLibrary* none = nullptr;
  any_library.compare_exchange_strong(none, library, std::memory_order_release);
  return library;
}

void remember(const void* vfs, SqliteLibrary* library) {
  SpinLockHolder holder(lock);
  if (!holder) return;
  KnownVfs& entry = known[next_known++ % kMostVfs];
  entry.vfs.store(nullptr, std::memory_order_release);
  entry.library.store(library, std::memory_order_release);
  entry.vfs.store(vfs, std::memory_order_release);
}

const SqliteLibrary* library_of(sqlite3* database, const void* caller) {
  return library_of_vfs(first_word(database), caller);
}

const SqliteLibrary* library_of(sqlite3_stmt* statement, const void* caller) {
  return library_of_vfs(first_word(first_word(statement)), caller);
}

void unlock_libraries_after_fork() { lock.reset(); }

}  // namespace seamtrace::agent::adapters::sqlite
