// CommandText: commands of Redis and memcached as text, with keys and without values.
// Path:    kArgument slices of a record -> [command_text] -> db.operation.name, db.query.text
// Memory:  the text is built in the arena.
// Failure: any bytes are accepted. An unknown command shows its name alone, its arguments as `?`.
//          What may hold a secret (AUTH, HELLO, ACL, CONFIG, MIGRATE) shows nothing but its name.
// Source:  redis.io/commands; memcached, doc/protocol.txt; semantic conventions, Redis.
#pragma once

#include <span>
#include <string_view>

#include "collector/ring_reader/record.h"
#include "collector/support/arena.h"

namespace seamtrace::collector {

/// The name of a command as it was sent, or empty for what cannot be one.
std::string_view command_name_of(Arena& arena, std::span<const Slice> arguments);

/// `HMSET myhash field1 ? field2 ?`. `more`: there were more arguments than these; the text ends in
/// ` ...` then, as it does when the last one was cut. Empty when the name cannot be one.
std::string_view redis_text(Arena& arena, std::span<const Slice> arguments, bool more);
std::string_view memcached_text(Arena& arena, std::span<const Slice> arguments, bool more);

}  // namespace seamtrace::collector
