#include "collector/interpret/command_text.h"

#include <algorithm>
#include <charconv>

#include "collector/interpret/redis_commands.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

constexpr size_t kLongestName = 40;
constexpr size_t kLongList = 15;
constexpr std::string_view kReplacement = "?";
constexpr std::string_view kGoesOn = " ...";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

bool is_name(std::string_view word) {
  return !word.empty() && word.size() <= kLongestName &&
         std::all_of(word.begin(), word.end(), is_name_character);
}

/// Parts with a space between them; made valid and copied to the arena at the end.
class Text {
 public:
  explicit Text(Arena& arena, size_t most) : arena_(arena), begin_(allocate_text(arena, most)) {}

  void add(std::string_view part) {
    if (size_ != 0) begin_[size_++] = ' ';
    append(part);
  }
  void append(std::string_view part) {
    std::copy(part.begin(), part.end(), begin_ + size_);
    size_ += part.size();
  }
  std::string_view finish() {
    const std::string_view text(begin_, size_);
    return is_valid_utf8(text) ? text : copy_valid_text(arena_, text);
  }

 private:
  Arena& arena_;
  char* begin_;
  size_t size_ = 0;
};

size_t room_for(std::span<const Slice> arguments) {
  size_t size = kGoesOn.size();
  for (const Slice& argument : arguments)
    size += std::max(argument.bytes.size(), kReplacement.size()) + 1;
  return size;
}

/// The letter of each argument in turn.
class Letters {
 public:
  explicit Letters(const RedisArguments& arguments) : arguments_(arguments) {}

  char next() {
    if (keys_ > 0) {
      --keys_;
      return 'k';
    }
    if (at_ < arguments_.first.size()) return arguments_.first[at_++];
    if (arguments_.rest.empty()) return 'v';
    return arguments_.rest[rest_++ % arguments_.rest.size()];
  }
  void keys_follow(size_t count) { keys_ = count; }

 private:
  const RedisArguments& arguments_;
  size_t at_ = 0, rest_ = 0, keys_ = 0;
};

std::string_view shown(char letter, std::string_view argument, Letters& letters) {
  switch (letter) {
    case 'k':
      return argument;
    case 's':
      return is_name(argument) ? argument : kReplacement;
    case 'o':
      return is_redis_option(argument) ? argument : kReplacement;
    case 'n': {
      size_t keys = 0;
      const auto [end, error] =
          std::from_chars(argument.data(), argument.data() + argument.size(), keys);
      if (error != std::errc{} || end != argument.data() + argument.size()) return kReplacement;
      letters.keys_follow(keys);
      return argument;
    }
    default:
      return kReplacement;
  }
}

}  // namespace

std::string_view command_name_of(Arena& arena, std::span<const Slice> arguments) {
  if (arguments.empty() || arguments[0].truncated || !is_name(arguments[0].bytes)) return {};
  return copy_text(arena, arguments[0].bytes);
}

std::string_view redis_text(Arena& arena, std::span<const Slice> arguments, bool more) {
  if (arguments.empty() || arguments[0].truncated || !is_name(arguments[0].bytes)) return {};
  constexpr RedisArguments kUnknown{"", "v"};
  const RedisArguments* known = redis_arguments(arguments[0].bytes);
  if (known == nullptr) known = &kUnknown;
  if (known->secret) return copy_text(arena, arguments[0].bytes);
  Text text(arena, room_for(arguments));
  text.add(arguments[0].bytes);
  Letters letters(*known);
  for (size_t i = 1; i < arguments.size(); ++i) {
    const bool last = i + 1 == arguments.size() && !more;
    const char letter = last && known->last_is_value ? 'v' : letters.next();
    const std::string_view part = shown(letter, arguments[i].bytes, letters);
    text.add(part);
    // A value that was cut is a value; a long list that ends in one goes on.
    const bool counts = part != kReplacement || i >= kLongList;
    more = more || (i + 1 == arguments.size() && arguments[i].truncated && counts);
  }
  if (more) text.append(kGoesOn);
  return text.finish();
}

namespace {

/// Meta commands: a flag is a letter and perhaps a token: `v`, `T30`.
void add_meta_arguments(Text& text, std::span<const Slice> arguments, bool has_size) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i].bytes;
    if (has_size && i == 0) {
      text.add(kReplacement);
    } else if (!argument.empty()) {
      text.add(argument.substr(0, 1));
      if (argument.size() > 1) text.append(kReplacement);
    }
  }
}

}  // namespace

std::string_view memcached_text(Arena& arena, std::span<const Slice> arguments, bool more) {
  if (arguments.empty() || arguments[0].truncated || !is_name(arguments[0].bytes)) return {};
  const std::string_view name = arguments[0].bytes;
  const auto is = [&](std::string_view other) { return name == other; };
  const bool meta = name.size() == 2 && name[0] == 'm';
  const bool one_key = is("set") || is("add") || is("replace") || is("append") || is("prepend") ||
                       is("cas") || is("incr") || is("decr") || is("delete") || is("touch") || meta;
  const bool touches = is("gat") || is("gats");
  const bool keys = is("get") || is("gets") || touches;
  Text text(arena, room_for(arguments) + arguments.size());
  text.add(name);
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (meta && i == 2) {
      add_meta_arguments(text, arguments.subspan(2), is("ms"));
      break;
    }
    const bool key = one_key ? i == 1 : keys && (i > 1 || !touches);
    text.add(key ? arguments[i].bytes : kReplacement);
    more = more || (i + 1 == arguments.size() && arguments[i].truncated);
  }
  if (more) text.append(kGoesOn);
  return text.finish();
}

}  // namespace seamtrace::collector
