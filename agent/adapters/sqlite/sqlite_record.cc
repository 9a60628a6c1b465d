#include "agent/adapters/sqlite/sqlite_record.h"

#include <string.h>

#include "agent/context/operation.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::adapters::sqlite {

namespace {

/// Other threads may attach and detach databases meanwhile.
class ConnectionMutex {
 public:
  ConnectionMutex(const SqliteFunctions& functions, sqlite3* database)
      : functions_(functions), mutex_(functions.db_mutex(database)) {
    functions_.mutex_enter(mutex_);
  }
  ~ConnectionMutex() { functions_.mutex_leave(mutex_); }
  ConnectionMutex(const ConnectionMutex&) = delete;
  ConnectionMutex& operator=(const ConnectionMutex&) = delete;

 private:
  const SqliteFunctions& functions_;
  sqlite3_mutex* mutex_;
};

/// The main database's file, as the library names it; databases in memory and temporary ones have
/// no name.
void add_file(Exchange& exchange, const SqliteFunctions& functions, sqlite3* database) {
  if (functions.db_filename == nullptr || functions.db_mutex == nullptr ||
      functions.mutex_enter == nullptr || functions.mutex_leave == nullptr)
    return;
  const ConnectionMutex mutex(functions, database);
  const char* name = functions.db_filename(database, "main");
  if (name == nullptr || *name == '\0') return;
  const size_t size = strnlen(name, wire::kMaxRecordBytes);
  spans::add_slice(exchange, wire::SliceKind::kNamespace, name, static_cast<uint32_t>(size), false);
}

/// Appends a character to `out`; its size there.
uint32_t put_utf8(char* out, uint32_t character) {
  if (character < 0x80) {
    out[0] = static_cast<char>(character);
    return 1;
  }
  uint32_t size = character < 0x800 ? 2 : character < 0x1'0000 ? 3 : 4;
  const uint32_t lead = size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0;
  for (uint32_t i = size - 1; i > 0; --i) {
    out[i] = static_cast<char>(0x80 | (character & 0x3f));
    character >>= 6;
  }
  out[0] = static_cast<char>(lead | character);
  return size;
}

uint16_t unit_at(const char* text, uint32_t offset) {
  uint16_t unit;
  memcpy(&unit, text + offset, sizeof unit);
  return unit;
}

bool is_high_surrogate(uint32_t unit) { return (unit & 0xfc00) == 0xd800; }
bool is_low_surrogate(uint32_t unit) { return (unit & 0xfc00) == 0xdc00; }

}  // namespace

Exchange* begin_exchange(const SqliteLibrary& library, sqlite3* database, uint64_t start_ns) {
  if (!settings.traces(wire::Protocol::kSqlite)) return nullptr;
  Exchange* exchange = spans::begin(wire::Role::kClient, wire::Protocol::kSqlite, start_ns);
  if (exchange == nullptr) return nullptr;
  context::begin_client_operation(*exchange, {}, {}, {});
  if (!exchange->operation.recorded) {
    spans::release(exchange);
    return nullptr;
  }
  add_file(*exchange, library.functions, database);
  return exchange;
}

void add_text(Exchange& exchange, const char* text, uint32_t size) {
  if (text == nullptr)
    exchange.operation.facts.flags |= wire::kFlagTextMissing;
  else
    spans::add_slice(exchange, wire::SliceKind::kStatement, text, size, false);
}

void add_utf16_text(Exchange& exchange, const char* text, uint32_t size) {
  char part[128];
  uint32_t used = 0;
  spans::add_slice(exchange, wire::SliceKind::kStatement, "", 0, false);
  for (uint32_t at = 0; at + 2 <= size; at += 2) {
    uint32_t character = unit_at(text, at);
    if (is_high_surrogate(character) && at + 4 <= size && is_low_surrogate(unit_at(text, at + 2))) {
      character = 0x1'0000 + ((character & 0x3ff) << 10) + (unit_at(text, at + 2) & 0x3ffu);
      at += 2;
    } else if (is_high_surrogate(character) || is_low_surrogate(character)) {
      character = 0xfffd;
    }
    if (used + 4 > sizeof part) {
      spans::append_to_slice(exchange, part, used);
      used = 0;
    }
    used += put_utf8(part + used, character);
  }
  spans::append_to_slice(exchange, part, used);
}

int code_of(const SqliteLibrary& library, sqlite3* database, int result) {
  if (library.functions.extended_errcode == nullptr || database == nullptr) return result;
  // Another thread may have used the connection since.
  const int extended = library.functions.extended_errcode(database);
  return (extended & 0xff) == (result & 0xff) ? extended : result;
}

void note_error(Exchange* exchange, int code) {
  ring_writer::count(wire::Counter::database_errors);
  if (exchange == nullptr) return;
  exchange->operation.failed = true;
  char digits[12];
  char* first = digits + sizeof digits;
  auto left = static_cast<uint32_t>(code);
  do {
    *--first = static_cast<char>('0' + left % 10);
    left /= 10;
  } while (left != 0);
  spans::add_slice(*exchange, wire::SliceKind::kErrorCode, first,
                   static_cast<uint32_t>(digits + sizeof digits - first), false);
}

void finish(Exchange& exchange, uint64_t end_ns) {
  spans::finish(exchange, wire::Outcome::kComplete, end_ns, 0);
  spans::release(&exchange);
}

}  // namespace seamtrace::agent::adapters::sqlite
