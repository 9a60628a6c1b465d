// SqliteRecord: what is said of an execution in its exchange.
// Path:    adapter -> [record] -> context, spans
// Threads: any; the exchange is the caller's. Inside an Entry.
#pragma once

#include <cstdint>

#include "agent/adapters/sqlite/sqlite_library.h"
#include "agent/spans/exchange.h"

namespace seamtrace::agent::adapters::sqlite {

/// Begins the exchange of something that is run on `database`, and decides whose child it is. Null:
/// not traced, not sampled, or no room (counted).
Exchange* begin_exchange(const SqliteLibrary& library, sqlite3* database, uint64_t start_ns);

/// Adds the text. `text` may be null: it is not known.
void add_text(Exchange& exchange, const char* text, uint32_t size);
/// Adds a text of UTF-16 in the processor's byte order, of `size` bytes.
void add_utf16_text(Exchange& exchange, const char* text, uint32_t size);

/// The extended result code of a failed call, as far as the connection still knows it.
int code_of(const SqliteLibrary& library, sqlite3* database, int result);
/// Adds the error to the exchange (null: it is only counted).
void note_error(Exchange* exchange, int code);

/// Writes the exchange, and gives it back.
void finish(Exchange& exchange, uint64_t end_ns);

}  // namespace seamtrace::agent::adapters::sqlite
