// RedisCommands: which arguments of a command are keys, and which are values.
// Memory:  constants.
// Source:  redis.io/commands, Redis 7.
#pragma once

#include <string_view>

namespace seamtrace::collector {

/// One letter for each argument:
///   k  shown: key, field, channel, index
///   s  shown: subcommand
///   v  a value: `?`
///   o  an option word is shown (EX, NX, MATCH, LIMIT ...), anything else is `?`
///   n  number of keys, shown, and then so many keys
/// When `first` is used up, `rest` repeats; without it every further argument is a value.
struct RedisArguments {
  std::string_view first;
  std::string_view rest;
  /// The last argument is a value whatever the letters say: the timeout of BLPOP.
  bool last_is_value = false;
  /// Nothing but the name is shown.
  bool secret = false;
};

/// None: not a command that we know. Ignores case.
const RedisArguments* redis_arguments(std::string_view command);

bool is_redis_option(std::string_view word);

}  // namespace seamtrace::collector
