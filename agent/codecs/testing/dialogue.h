// Dialogues for the tests of a data store's codec: said by hand or captured, fed in any pieces
// against an unreadable page.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// A dialogue that a script has recorded: turns, each 'C' or 'S', a length of four bytes in
/// network order, and the bytes.
inline Dialogue read_dialogue(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  Dialogue dialogue;
  char head[5];
  while (file.read(head, sizeof head)) {
    size_t size = 0;
    for (int i = 1; i < 5; ++i) size = size << 8 | static_cast<uint8_t>(head[i]);
    dialogue.push_back({head[0] == 'C', std::string(size, '\0')});
    file.read(dialogue.back().bytes.data(), static_cast<std::streamsize>(size));
  }
  return dialogue;
}

/// A codec, what it has said, and its verdict.
template <typename Codec>
class Listener {
 public:
  explicit Listener(size_t largest_turn = 1 << 16) : memory_(largest_turn) {}

  /// False once the codec has stopped following.
  bool feed(bool from_client, std::string_view bytes) {
    if (taken != Taken::kAll) return false;
    const char* const held = memory_.hold(bytes);
    taken = from_client ? codec.request(held, bytes.size(), operations)
                        : codec.response(held, bytes.size(), operations);
    const Codec copy = codec;  // plain data: moving it changes nothing
    codec = copy;
    return taken == Taken::kAll;
  }
  Listener& client(std::string_view bytes) {
    feed(true, bytes);
    return *this;
  }
  Listener& server(std::string_view bytes) {
    feed(false, bytes);
    return *this;
  }

  /// Operations and events in their order, what is in flight, and how it ended.
  std::string log() const {
    const char* const verdicts[] = {"", "not mine\n", "encrypted\n", "compressed\n"};
    return operations.log() + operations.pending() + verdicts[static_cast<int>(taken)];
  }

  Codec codec;
  RecordingOperations operations;
  Taken taken = Taken::kAll;

 private:
  GuardedBytes memory_;
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

/// The pieces in which a dialogue is tried.
struct Pieces {
  std::vector<size_t> steps = {1, 2, 3, 7, 64};
  size_t most_cuts = 2000;  ///< a longer turn is not cut at every place
};

/// The log, which must be the same in any pieces.
template <typename Codec>
std::string listen_in_pieces(const Dialogue& dialogue, const Pieces& pieces = {}) {
  const std::string whole = listen<Codec>(dialogue);
  for (const size_t step : pieces.steps)
    EXPECT_EQ(listen<Codec>(dialogue, {.step = step}), whole) << "in pieces of " << step;
  for (size_t turn = 0; turn < dialogue.size(); ++turn) {
    const size_t size = dialogue[turn].bytes.size();
    for (size_t at = 0; at <= size; at += 1 + size / pieces.most_cuts) {
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
