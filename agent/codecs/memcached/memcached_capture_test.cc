// What real clients and a real server said to each other (captures/capture.py), and what it meant.
#include <string>

#include "agent/codecs/memcached/memcached_codec.h"
#include "agent/codecs/testing/dialogue.h"

namespace seamtrace::agent::codecs {
namespace {

Dialogue captured(const std::string& name) {
  return read_dialogue(std::string(SEAMTRACE_CAPTURES) + "/" + name + ".dialogue");
}

TEST(MemcachedCaptures, MeanWhatTheirProgramsMeant) {
  struct Capture {
    const char* name;
    std::string log;
  };
  const std::string long_key = "[" + std::string(250, 'k') + "...]";
  const Capture captures[] = {
      {"classic",
       "ready\n"
       "answered [version]\n"
       "answered [set] [a] [5] [0] [3]\n"
       "answered [set] [b] [0] [0] [0]\n"
       "answered [add] [a] [0] [0] [1]\n"
       "answered [get] [a] hits=1 misses=0\n"
       "answered [gets] [a] [none] [b] hits=2 misses=1\n"
       "answered [gat] [100] [a] [none] hits=1 misses=1\n"
       "answered [cas] [a] [0] [0] [1] [1]\n"
       "answered [append] [b] [0] [0] [2]\n"
       "answered [prepend] [none] [0] [0] [1]\n"
       "sent [set] [n] [0] [0] [1] [noreply]\n"
       "sent [incr] [n] [6] [noreply]\n"
       "answered [incr] [n] [4]\n"
       "answered [decr] [n] [20]\n"
       "answered [incr] [none] [1]\n"
       "answered [incr] [a] [1] error=CLIENT_ERROR\n"
       "answered [touch] [a] [10]\n"
       "answered [touch] [none] [10]\n"
       "answered [delete] [a]\n"
       "answered [delete] [a]\n"
       "answered [get] " +
           long_key +
           " error=CLIENT_ERROR\n"
           "answered [get] error=ERROR\n"
           "answered [stats] [items]\n"
           "answered [stats] [reset]\n"
           "answered [lru_crawler] [metadump] [all]\n"
           "answered [verbosity] [0]\n"
           "answered [flush_all]\n"
           "sent [flush_all] [noreply]\n"
           "answered [get] [b] hits=0 misses=1\n"
           "sent [quit]\n"},
      {"libmemcached",
       "ready\n"
       "answered [set] [lib:1] [7] [60] [4]\n"
       "answered [set] [lib:2] [7] [60] [4]\n"
       "answered [get] [lib:1] hits=1 misses=0\n"
       "answered [get] [lib:2] hits=1 misses=0\n"
       "answered [get] [lib:none] hits=0 misses=1\n"
       "answered [get] [lib:1] [lib:2] [lib:none] hits=2 misses=1\n"
       "answered [delete] [lib:1]\n"
       "answered [delete] [lib:none]\n"
       "sent [set] [lib:1] [0] [0] [1] [noreply]\n"
       "answered [get] [lib:1] hits=1 misses=0\n"
       "sent [quit]\n"},
      {"memccat",
       "ready\n"
       "answered [get] [first] hits=1 misses=0\n"
       "answered [get] [nothing] hits=0 misses=1\n"
       "sent [quit]\n"},
      {"memccp",
       "ready\n"
       "answered [set] [first] [0] [0] [15]\n"
       "answered [set] [second] [0] [0] [16]\n"
       "sent [quit]\n"},
      {"memcrm",
       "ready\n"
       "answered [delete] [first]\n"
       "sent [quit]\n"},
      {"meta",
       "ready\n"
       "answered [mn]\n"
       "answered [ms] [a] [2] [T0] [F5]\n"
       "answered [ms] [a] [2] [ME] [O9] [k]\n"
       "answered [mg] [a] hits=1 misses=0\n"
       "answered [mg] [a] [v] [f] [s] hits=1 misses=0\n"
       "answered [mg] [none] [v] [k] [O3] hits=0 misses=1\n"
       "answered [ma] [n] [N0] [J5] [v]\n"
       "answered [ma] [n] [v]\n"
       "answered [ma] [none]\n"
       "answered [me] [a]\n"
       "answered [me] [none]\n"
       "answered [mg] [a] [v] [q] [k] batch=4 hits=2 misses=1\n"
       "answered [ms] [x] [1] [q] error=CLIENT_ERROR batch=5\n"
       "answered [mg] [a] [v] [q] [O1] batch=3 hits=3 misses=0\n"
       "answered [mg] [none] [v] [q] batch=2 hits=0 misses=2\n"
       "answered [md] [a]\n"
       "answered [md] [a] [O7]\n"
       "answered [mg] " +
           long_key + " error=CLIENT_ERROR\n"},
  };
  for (const Capture& capture : captures) {
    const Dialogue dialogue = captured(capture.name);
    const std::string& first = dialogue.front().bytes;
    EXPECT_TRUE(MemcachedCodec::may_begin(first.data(), first.size())) << capture.name;
    EXPECT_EQ(listen_in_pieces<MemcachedCodec>(dialogue), capture.log) << capture.name;
  }
}

TEST(MemcachedCaptures, OfTheBinaryProtocolAreRefused) {
  const Dialogue dialogue = captured("binary");
  EXPECT_FALSE(MemcachedCodec::may_begin(dialogue.front().bytes.data(), 1));
  EXPECT_EQ(listen_in_pieces<MemcachedCodec>(dialogue), "not mine\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
