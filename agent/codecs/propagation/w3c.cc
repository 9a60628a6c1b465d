// W3C Trace Context (traceparent, tracestate) and W3C Baggage.
#include <cstring>

#include "agent/codecs/propagation/hexadecimal.h"
#include "agent/codecs/propagation/propagation.h"
#include "agent/codecs/propagation/text.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr size_t kTraceparentBytes = 55;
constexpr uint8_t kKnownFlags = kFlagSampled | kFlagRandom;

constexpr size_t kMaxStateMembers = 32;
constexpr size_t kMaxStateKeyBytes = 256;
constexpr size_t kMaxStateValueBytes = 256;
constexpr size_t kLongStateMember = 128;

constexpr size_t kMaxBaggageMembers = 64;
constexpr size_t kMaxBaggageBytes = 8192;

bool is_key_start(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_key_byte(char c) {
  return is_key_start(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
}

// The key of a well-formed `key=value`, empty of any other member.
std::string_view state_key(std::string_view member) {
  bool has_value = false;
  std::string_view value = member;
  const std::string_view key = take_until(value, '=', has_value);
  if (!has_value || key.empty() || key.size() > kMaxStateKeyBytes || !is_key_start(key.front()) ||
      value.empty() || value.size() > kMaxStateValueBytes)
    return {};
  for (const char c : key)
    if (!is_key_byte(c)) return {};
  for (const char c : value)
    if (c < ' ' || c > '~' || c == '=') return {};
  return key;
}

// How many members `list` has; sets `has_key` when one of them has this key.
size_t count_members(std::string_view list, std::string_view key, bool& has_key) {
  size_t count = 0;
  Items items(list, ',');
  std::string_view member;
  while (!list.empty() && items.next(member)) {
    ++count;
    if (!key.empty() && member.size() > key.size() && member[key.size()] == '=' &&
        memcmp(member.data(), key.data(), key.size()) == 0)
      has_key = true;
  }
  return count;
}

// Adds a member to a list; false when there is no room.
bool append_member(char* out, size_t& size, size_t capacity, std::string_view member) {
  const size_t comma = size > 0 ? 1 : 0;
  if (size > capacity || capacity - size < comma + member.size()) return false;
  if (comma != 0) out[size++] = ',';
  memcpy(out + size, member.data(), member.size());
  size += member.size();
  return true;
}

// A control character could end the field line that the member is written into.
bool has_control_characters(std::string_view text) {
  for (const char c : text)
    if ((static_cast<uint8_t>(c) < ' ' && c != '\t') || c == 0x7f) return true;
  return false;
}

}  // namespace

TraceContext parse_traceparent(std::string_view value) {
  TraceContext context;
  const std::string_view text = trimmed(value);
  if (text.size() < kTraceparentBytes) return context;
  uint8_t version = 0;
  uint8_t flags = 0;
  const bool well_formed = text[2] == '-' && text[35] == '-' && text[52] == '-' &&
                           read_hex(text.data(), &version, 1) &&
                           read_hex(text.data() + 3, context.trace_id, sizeof context.trace_id) &&
                           read_hex(text.data() + 36, context.span_id, sizeof context.span_id) &&
                           read_hex(text.data() + 53, &flags, 1);
  if (!well_formed || version == 0xff) return {};
  if (text.size() > kTraceparentBytes && (version == 0 || text[kTraceparentBytes] != '-'))
    return {};
  if (is_zero(context.trace_id, sizeof context.trace_id) ||
      is_zero(context.span_id, sizeof context.span_id))
    return {};
  context.flags = flags & kKnownFlags;
  context.valid = true;
  return context;
}

void format_traceparent(const TraceContext& context, char* out) {
  const uint8_t flags = context.flags & kKnownFlags;
  *out++ = '0';
  *out++ = '0';
  *out++ = '-';
  out = write_hex(context.trace_id, sizeof context.trace_id, out);
  *out++ = '-';
  out = write_hex(context.span_id, sizeof context.span_id, out);
  *out++ = '-';
  write_hex(&flags, 1, out);
}

// Of members with one key the first, which is the newest, stays.
size_t append_tracestate(char* out, size_t size, size_t capacity, std::string_view value,
                         bool& invalid) {
  if (invalid) return 0;
  Items items(value, ',');
  std::string_view item;
  while (items.next(item)) {
    const std::string_view member = trimmed(item);
    if (member.empty()) continue;
    const std::string_view key = state_key(member);
    bool has_key = false;
    const bool well_formed = !key.empty();
    const size_t count = well_formed ? count_members({out, size}, key, has_key) : 0;
    if (has_key) continue;
    if (!well_formed || count == kMaxStateMembers || !append_member(out, size, capacity, member)) {
      invalid = true;
      return 0;
    }
  }
  return size;
}

size_t shorten_tracestate(char* text, size_t size, size_t limit) {
  for (const size_t least : {kLongStateMember + 1, size_t{0}}) {
    size_t end = size;  // of the member at hand, from the last to the first
    while (size > limit) {
      size_t begin = end;
      while (begin > 0 && text[begin - 1] != ',') --begin;
      if (end - begin >= least) {
        // With the comma before it, or the one after it when it is the first.
        const size_t from = begin > 0 ? begin - 1 : 0;
        const size_t to = begin > 0 || end == size ? end : end + 1;
        memmove(text + from, text + to, size - to);
        size -= to - from;
      }
      if (begin == 0) break;
      end = begin - 1;
    }
  }
  return size;
}

size_t append_baggage(char* out, size_t size, size_t capacity, std::string_view value) {
  const size_t room = capacity < kMaxBaggageBytes ? capacity : kMaxBaggageBytes;
  bool unused = false;
  size_t count = count_members({out, size}, {}, unused);
  Items items(trimmed(value), ',');
  std::string_view member;
  while (items.next(member)) {
    if (trimmed(member).empty() || has_control_characters(member)) continue;
    if (count == kMaxBaggageMembers || !append_member(out, size, room, member)) break;
    ++count;
  }
  return size;
}

}  // namespace seamtrace::agent::codecs
