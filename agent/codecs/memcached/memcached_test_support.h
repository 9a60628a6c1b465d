// What the tests of MemcachedCodec share: dialogues, fed in any pieces against an unreadable page.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/memcached/memcached_codec.h"
#include "agent/codecs/testing/guarded_bytes.h"
#include "agent/codecs/testing/recording_operations.h"

namespace seamtrace::agent::codecs {

/// What one side said before the other spoke.
struct Turn {
  bool client;
  std::string bytes;
};
using Dialogue = std::vector<Turn>;

inline Turn client(std::string bytes) { return {true, std::move(bytes)}; }
inline Turn server(std::string bytes) { return {false, std::move(bytes)}; }

/// A codec and what it has said.
template <typename Codec>
class Listener {
 public:
  explicit Listener(size_t largest_turn) : memory_(largest_turn) {}

  void feed(bool client, std::string_view bytes) {
    if (gave_up_) return;
    const char* const held = memory_.hold(bytes);
    const Taken taken = client ? codec_.request(held, bytes.size(), operations)
                               : codec_.response(held, bytes.size(), operations);
    gave_up_ = taken != Taken::kAll;
    const Codec copy = codec_;  // plain data: moving it changes nothing
    codec_ = copy;
  }
  std::string log() const {
    return operations.log() + operations.pending() + (gave_up_ ? "not mine\n" : "");
  }

  RecordingOperations operations;

 private:
  GuardedBytes memory_;
  Codec codec_;
  bool gave_up_ = false;
};

/// How a dialogue is cut: turn `turn` in two at `at`; or every turn in pieces of `step` bytes.
struct Cut {
  size_t turn = SIZE_MAX;
  size_t at = 0;
  size_t step = SIZE_MAX;
};

template <typename Codec>
std::string listen(const Dialogue& dialogue, Cut cut = {}) {
  size_t largest = 1;
  for (const Turn& turn : dialogue) largest = std::max(largest, turn.bytes.size());
  Listener<Codec> listener(largest);
  for (size_t i = 0; i < dialogue.size(); ++i) {
    std::string_view rest = dialogue[i].bytes;
    if (i == cut.turn) {
      listener.feed(dialogue[i].client, rest.substr(0, cut.at));
      rest.remove_prefix(cut.at);
    }
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, cut.step);
      listener.feed(dialogue[i].client, piece);
      rest.remove_prefix(piece.size());
    }
  }
  return listener.log();
}

/// The log, which must be the same in any pieces. A long turn is not cut at every place.
template <typename Codec>
std::string listen_in_pieces(const Dialogue& dialogue) {
  const std::string whole = listen<Codec>(dialogue);
  for (const size_t step : {1, 2, 3, 7, 64})
    EXPECT_EQ(listen<Codec>(dialogue, {.step = step}), whole);
  for (size_t turn = 0; turn < dialogue.size(); ++turn) {
    const size_t size = dialogue[turn].bytes.size();
    for (size_t at = 0; at <= size; at += 1 + size / 2000) {
      const std::string parts = listen<Codec>(dialogue, {.turn = turn, .at = at});
      if (parts == whole) continue;
      ADD_FAILURE() << "turn " << turn << " cut at " << at << ":\n"
                    << parts << "\nwhole:\n"
                    << whole;
      return whole;
    }
  }
  return whole;
}

}  // namespace seamtrace::agent::codecs
