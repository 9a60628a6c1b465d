// Http1Codec on any bytes: it makes progress, stays inside the chunk, and says the same however
// the bytes are split. The first bytes of the input choose direction, carry and chunk sizes.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using Kind = Http1Event::Kind;

// Unlike assert, in every build.
void require(bool condition) {
  if (!condition) abort();
}

struct Plan {
  Http1Codec::Direction direction;
  Http1RequestMethod answers;
  uint32_t carry_bytes;
  bool lines;             // the log holds the lines' text: needs a carry with room for all
  std::string_view cuts;  // chunk sizes, over and over; empty: one chunk
};

void check(const Http1Event& event, const Chunk& chunk, size_t before, const Carry& carry) {
  require(chunk.position >= before && chunk.position <= chunk.size);
  if (event.kind == Kind::kStartLine || event.kind == Kind::kHeader) {
    const bool in_carry = event.line == carry.bytes && event.line_size <= carry.capacity;
    const bool in_chunk =
        event.line >= chunk.bytes && event.line + event.line_size <= chunk.bytes + chunk.position;
    require(in_carry || in_chunk);
    require(event.name_size <= event.line_size && event.value_offset <= event.line_size &&
            event.value_size <= event.line_size - event.value_offset);
    require(chunk.position > before);
  }
  if (event.kind == Kind::kHeadEnd) {
    require(event.blank_line_offset >= -1);
    require(event.blank_line_offset < static_cast<ptrdiff_t>(chunk.position));
  }
  if (event.kind == Kind::kBody)
    require(event.body_bytes > 0 && event.body_bytes <= chunk.position - before);
}

void write_down(const Http1Event& event, bool lines, uint64_t& body, std::string& log) {
  if (event.kind == Kind::kBody) {
    body += event.body_bytes;
    return;
  }
  if (body > 0) log += "body " + std::to_string(body) + "\n";
  body = 0;
  log += std::to_string(static_cast<int>(event.kind)) + (event.interim ? "i" : "") +
         (event.trailer ? "t" : "") + std::to_string(event.status) +
         std::to_string(static_cast<int>(event.method));
  const bool has_line = event.kind == Kind::kStartLine || event.kind == Kind::kHeader;
  require(has_line || (event.line == nullptr && event.line_size == 0));
  if (lines && has_line) {
    log += std::to_string(static_cast<int>(event.header)) + " ";
    log += std::to_string(event.name_size) + " " + std::to_string(event.value_offset) + " ";
    log += std::to_string(event.value_size) + " ";
    log.append(event.line, event.line_size);
    require(!event.truncated);
  }
  log += "\n";
}

std::string read_in(std::string_view bytes, const Plan& plan) {
  std::string log;
  uint64_t body = 0;
  Http1Codec codec(plan.direction);
  codec.answers(plan.answers);
  const std::unique_ptr<char[]> room(new char[plan.carry_bytes]);
  Carry carry;
  size_t cut = 0;
  while (!bytes.empty()) {
    size_t size = bytes.size();
    if (!plan.cuts.empty()) {
      const size_t wanted = static_cast<uint8_t>(plan.cuts[cut++ % plan.cuts.size()]) % 64 + 1;
      if (wanted < size) size = wanted;
    }
    // Its own allocation, so that AddressSanitizer sees a read beyond the chunk.
    const std::unique_ptr<char[]> copy(new char[size]);
    memcpy(copy.get(), bytes.data(), size);
    bytes.remove_prefix(size);
    Chunk chunk{copy.get(), size, 0};
    size_t idle = 0;
    while (true) {
      const size_t before = chunk.position;
      const Http1Event event = codec.next(chunk, carry);
      check(event, chunk, before, carry);
      idle = chunk.position == before ? idle + 1 : 0;
      require(idle < 4);
      if (event.kind == Kind::kNeedMore) {
        require(chunk.position == chunk.size);
        break;
      }
      if (event.kind == Kind::kNeedCarry) {
        require(carry.bytes == nullptr && chunk.position < chunk.size);
        carry = {room.get(), plan.carry_bytes, 0, false};
        continue;
      }
      write_down(event, plan.lines, body, log);
      if (event.kind == Kind::kNotHttp1 || event.kind == Kind::kSwitched) {
        Http1Codec copied = codec;
        require(copied.next(chunk, carry).kind == event.kind);
        return log;
      }
    }
  }
  require(!(codec.between_messages() && codec.in_head()));
  log += codec.between_messages() ? "between " : codec.in_head() ? "in head " : "within ";
  log += std::to_string(body) + (codec.end_of_stream() ? " completed" : "");
  return log;
}

}  // namespace
}  // namespace seamtrace::agent::codecs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent::codecs;
  constexpr size_t kChoices = 6;
  if (size < kChoices) return 0;
  const std::string_view choices(reinterpret_cast<const char*>(data), kChoices);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + kChoices, size - kChoices);
  Plan plan{};
  plan.direction =
      (choices[0] & 1) != 0 ? Http1Codec::Direction::kResponse : Http1Codec::Direction::kRequest;
  plan.answers = static_cast<Http1RequestMethod>(static_cast<uint8_t>(choices[1]) % 3);
  plan.carry_bytes = static_cast<uint32_t>(bytes.size()) + 1;
  plan.lines = true;
  const std::string whole = read_in(bytes, plan);
  plan.cuts = choices.substr(2);
  require(read_in(bytes, plan) == whole);
  plan.cuts = std::string_view("\0", 1);
  require(read_in(bytes, plan) == whole);

  plan.lines = false;
  plan.cuts = {};
  const std::string outline = read_in(bytes, plan);
  plan.carry_bytes = static_cast<uint8_t>(choices[2]) % 40;
  plan.cuts = choices.substr(2);
  require(read_in(bytes, plan) == outline);
  return 0;
}
