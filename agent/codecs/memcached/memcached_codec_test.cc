// Commands and answers, by hand.
#include <string>

#include "agent/codecs/memcached/memcached_codec.h"
#include "agent/codecs/testing/dialogue.h"

namespace seamtrace::agent::codecs {
namespace {

using std::string_literals::operator""s;

std::string log_of(const Dialogue& dialogue) { return listen_in_pieces<MemcachedCodec>(dialogue); }
/// The log of requests and their answers, without what every connection says at first.
std::string log_of(const std::string& request, const std::string& response) {
  std::string log = log_of({client(request), server(response)});
  const std::string ready = "ready\n";
  if (const size_t at = log.find(ready); at != std::string::npos) log.erase(at, ready.size());
  return log;
}

TEST(MemcachedGet, CountsTheKeysThatAreThere) {
  EXPECT_EQ(log_of("get k\r\n", "VALUE k 0 2\r\nab\r\nEND\r\n"),
            "answered [get] [k] hits=1 misses=0\n");
  EXPECT_EQ(log_of("get k\r\n", "END\r\n"), "answered [get] [k] hits=0 misses=1\n");
  EXPECT_EQ(log_of("gets a  b c \r\n",
                   "VALUE a 0 0 7\r\n\r\nVALUE c 4294967295 7 8\r\nEND\r\n\r\n\r\nEND\r\n"),
            "answered [gets] [a] [b] [c] hits=2 misses=1\n");
  EXPECT_EQ(log_of("gat 10 a b\r\n", "VALUE b 0 1\r\nx\r\nEND\r\n"),
            "answered [gat] [10] [a] [b] hits=1 misses=1\n");
  EXPECT_EQ(log_of("gats 0 a\r\n", "END\r\n"), "answered [gats] [0] [a] hits=0 misses=1\n");
}

TEST(MemcachedGet, OfNoKeyIsAnError) {
  EXPECT_EQ(log_of("get\r\n", "ERROR\r\n"), "answered [get] error=ERROR\n");
}

TEST(MemcachedGet, ThatFailsInTheMiddleCountsNothing) {
  EXPECT_EQ(log_of("get a b\r\n", "VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n"),
            "answered [get] [a] [b] error=SERVER_ERROR\n");
}

TEST(MemcachedGet, WithMoreValuesThanKeysIsNotMine) {
  EXPECT_EQ(log_of("get a\r\n", "VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n"),
            "in flight [get] [a]\nnot mine\n");
}

TEST(MemcachedStore, NeverPassesOnData) {
  for (const char* verb : {"set", "add", "replace", "append", "prepend"})
    EXPECT_EQ(log_of(verb + " k 1 -1 9\r\nget x\r\n\0y\r\n"s, "STORED\r\n"),
              "answered ["s + verb + "] [k] [1] [-1] [9]\n");
  EXPECT_EQ(log_of("cas k 1 2 0 77\r\n\r\nset a 0 0 1\nx\r\n", "EXISTS\r\nNOT_STORED\r\n"),
            "answered [cas] [k] [1] [2] [0] [77]\nanswered [set] [a] [0] [0] [1]\n");
}

TEST(MemcachedStore, OfTooMuchMayBeRefusedEarly) {
  const std::string body(3000, 'x');
  EXPECT_EQ(log_of({client("set k 0 0 6000\r\n" + body),
                    server("SERVER_ERROR object too large for cache\r\n"),
                    client(body + "\r\nget k\r\n"), server("END\r\n")}),
            "ready\nanswered [set] [k] [0] [0] [6000] error=SERVER_ERROR\n"
            "answered [get] [k] hits=0 misses=1\n");
  EXPECT_EQ(log_of({client("set k 0 0 6 noreply\r\nabc"), server("SERVER_ERROR too large\r\n"),
                    client("def\r\nget k\r\n"), server("END\r\n")}),
            "sent [set] [k] [0] [0] [6] [noreply]\nready\nanswered [get] [k] hits=0 misses=1\n");
}

TEST(MemcachedStore, OfImpossibleFormIsNotMine) {
  const std::string long_key(251, 'k');
  for (const std::string& request :
       {"set k 0 0\r\n"s, "set k 0 0 x\r\n"s, "set k 0 0 -1\r\n"s, "set k x 0 1\r\n"s,
        "set k 0 y 1\r\n"s, "set k 0 0 2147483648\r\n"s, "set k 0 0 1 noreply x\r\n"s,
        "set k 0 0 99999999999999999999999\r\n"s, "cas k 0 0 1\r\n"s, "ms k\r\n"s, "ms k S2\r\n"s,
        "set k 0 0 1\r\nxy\r\n"s, "set " + long_key + " 0 0 1\r\n", "\r\n"s, "bogus\r\n"s,
        "GET k\r\n"s, "\x80\x01\0\0"s, "slabs automove 1 noreply\r\n"s})
    EXPECT_EQ(log_of({client(request)}), "not mine\n") << request;
}

TEST(MemcachedCommand, IsAnsweredByALine) {
  const struct {
    const char* request;
    const char* response;
    const char* log;
  } cases[] = {
      {"delete k\r\n", "DELETED\r\n", "[delete] [k]"},
      {"delete noreply\r\n", "NOT_FOUND\r\n", "[delete] [noreply]"},
      {"incr k 5\r\n", "10\r\n", "[incr] [k] [5]"},
      {"decr k 5\r\n", "9  \r\n", "[decr] [k] [5]"},
      {"decr k 5\r\n", "NOT_FOUND\r\n", "[decr] [k] [5]"},
      {"touch k 60\r\n", "TOUCHED\r\n", "[touch] [k] [60]"},
      {"flush_all\r\n", "OK\r\n", "[flush_all]"},
      {"verbosity 1\r\n", "OK\r\n", "[verbosity] [1]"},
      {"cache_memlimit 64\r\n", "OK\r\n", "[cache_memlimit] [64]"},
      {"version\r\n", "VERSION 1.6.18\r\n", "[version]"},
      {"slabs reassign 1 2\r\n", "NOSPARE source class\r\n", "[slabs] [reassign] [1] [2]"},
      {"lru mode flat\r\n", "OK\r\n", "[lru] [mode] [flat]"},
      {"lru_crawler metadump all\r\n", "key=n exp=-1\r\nkey=m\r\nEND\r\n",
       "[lru_crawler] [metadump] [all]"},
      {"lru_crawler mgdump all\r\n", "mg a\r\nmg b\r\nEN\r\n", "[lru_crawler] [mgdump] [all]"},
      {"lru_crawler crawl 1\r\n", "BUSY currently\r\n", "[lru_crawler] [crawl] [1]"},
      {"stats\r\n", "STAT pid 1\r\nSTAT x END\r\nEND\r\n", "[stats]"},
      {"stats reset\r\n", "RESET\r\n", "[stats] [reset]"},
      {"stats cachedump 1 2\r\n", "ITEM k [1 b; 0 s]\r\nEND\r\n", "[stats] [cachedump] [1] [2]"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(log_of(one.request, one.response), "answered "s + one.log + "\n") << one.request;
}

TEST(MemcachedCommand, IsNotAnsweredByAnotherCommandsAnswer) {
  const char* const pairs[][2] = {{"get k\r\n", "STORED\r\n"},
                                  {"set k 0 0 1\r\nx\r\n", "END\r\n"},
                                  {"delete k\r\n", "STORED\r\n"},
                                  {"incr k 1\r\n", "OK\r\n"},
                                  {"touch k 1\r\n", "5\r\n"},
                                  {"flush_all\r\n", "OK 5\r\n"},
                                  {"version\r\n", "OK\r\n"},
                                  {"stats\r\n", "OK 813\r\n"},
                                  {"mg k\r\n", "END\r\n"},
                                  {"mn\r\n", "HD\r\n"},
                                  {"ms k 1\r\nx\r\n", "EN\r\n"},
                                  {"get k\r\n", "VALUE k 0\r\n"},
                                  {"get k\r\n", "VALUE k 0 x\r\n"},
                                  {"mg k v\r\n", "VA\r\n"},
                                  {"get k\r\n", "VALUE k 0 1\r\nxyz"},
                                  {"get k\r\n", "\r\n"}};
  for (const auto& [request, response] : pairs)
    EXPECT_TRUE(log_of(request, response).ends_with("not mine\n")) << request << response;
}

TEST(MemcachedCommand, FailsWithTheWordOfItsError) {
  EXPECT_EQ(log_of("incr k 1\r\ntouch k x\r\nget k\r\n",
                   "CLIENT_ERROR cannot increment\r\nERROR\r\nSERVER_ERROR busy\r\n"),
            "answered [incr] [k] [1] error=CLIENT_ERROR\nanswered [touch] [k] [x] error=ERROR\n"
            "answered [get] [k] error=SERVER_ERROR\n");
}

TEST(MemcachedCommand, ManyAndLongWordsAreCut) {
  std::string request = "get", kept = "answered [get]";
  for (int i = 1; i < 40; ++i) {
    request += " k" + std::to_string(i);
    if (i < 16) kept += " [k" + std::to_string(i) + (i == 15 ? "...]" : "]");
  }
  EXPECT_EQ(log_of(request + "\r\n", "END\r\n"), kept + " hits=0 misses=39\n");
  EXPECT_EQ(log_of("get " + std::string(250, 'k') + " " + std::string(251, 'l') + "\r\n",
                   "CLIENT_ERROR x\r\n"),
            "answered [get] [" + std::string(250, 'k') + "] [" + std::string(250, 'l') +
                "...] error=CLIENT_ERROR\n");
}

TEST(MemcachedCommand, ThatIsNotRecordedIsFollowedAllTheSame) {
  Listener<MemcachedCodec> listener(4096);
  listener.operations.record_nothing();
  listener.feed(true, "get a b\r\nset k 0 0 1\r\nx\r\n");
  listener.feed(false, "VALUE a 0 1\r\nx\r\nEND\r\nSTORED\r\n");
  EXPECT_EQ(listener.log(), "ready\nanswered hits=1 misses=1\nanswered\n");
}

TEST(MemcachedCommand, BeyondTheRoomForOperationsEndsTheFollowing) {
  Listener<MemcachedCodec> listener(4096);
  listener.operations.limit(1);
  listener.feed(true, "version\r\nversion\r\n");
  EXPECT_EQ(listener.log(), "in flight [version]\nnot mine\n");
}

TEST(MemcachedNoReply, EndsWhenItIsSent) {
  EXPECT_EQ(log_of("set k 0 0 1 noreply\r\nx\r\ndelete k noreply\r\nincr k 1 noreply\r\n"
                   "touch k 0 noreply\r\nflush_all noreply\r\ncas k 0 0 1 5 noreply\r\nx\r\n"
                   "get k\r\nquit\r\n",
                   "END\r\n"),
            "sent [set] [k] [0] [0] [1] [noreply]\nsent [delete] [k] [noreply]\n"
            "sent [incr] [k] [1] [noreply]\nsent [touch] [k] [0] [noreply]\n"
            "sent [flush_all] [noreply]\nsent [cas] [k] [0] [0] [1] [5] [noreply]\nsent [quit]\n"
            "answered [get] [k] hits=0 misses=1\n");
}

TEST(MemcachedNoReply, ErrorsAreNobodys) {
  EXPECT_EQ(
      log_of({client("version\r\n"), server("VERSION 1\r\n"),
              client("set k 0 0 1 noreply\r\nx\r\n"), server("SERVER_ERROR out of memory\r\n"),
              client("get k\r\n"), server("END\r\n")}),
      "ready\nanswered [version]\nsent [set] [k] [0] [0] [1] [noreply]\n"
      "answered [get] [k] hits=0 misses=1\n");
  // Either's: never a wrong pairing.
  EXPECT_EQ(log_of({client("set k 0 0 1 noreply\r\nx\r\nget k\r\n"), server("SERVER_ERROR x\r\n")}),
            "sent [set] [k] [0] [0] [1] [noreply]\nin flight [get] [k]\nnot mine\n");
  // The answer to a later command settles it.
  EXPECT_EQ(log_of({client("set k 0 0 1 noreply\r\nx\r\nget k\r\nget l\r\n"),
                    server("END\r\nSERVER_ERROR x\r\n")}),
            "sent [set] [k] [0] [0] [1] [noreply]\nready\nanswered [get] [k] hits=0 misses=1\n"
            "answered [get] [l] error=SERVER_ERROR\n");
}

TEST(MemcachedNoReply, OfWhatMayNotKnowItIsNotMine) {
  EXPECT_EQ(log_of({client("version\r\nslabs automove 1 noreply\r\n")}),
            "in flight [version]\nnot mine\n");
}

TEST(MemcachedMeta, CommandsAreAnsweredByTheirCodes) {
  EXPECT_EQ(log_of("mg a\r\nmg b v\r\nmg c v k O1\r\nms d 2 T0\r\nab\r\nmd e\r\nma f\r\nma g v\r\n"
                   "me h\r\nme i\r\nmn\r\n",
                   "HD\r\nVA 2 s2\r\nxy\r\nEN kc O1\r\nHD\r\nNF\r\nNS\r\nVA 1\r\n5\r\n"
                   "ME h exp=-1\r\nEN\r\nMN\r\n"),
            "answered [mg] [a] hits=1 misses=0\nanswered [mg] [b] [v] hits=1 misses=0\n"
            "answered [mg] [c] [v] [k] [O1] hits=0 misses=1\nanswered [ms] [d] [2] [T0]\n"
            "answered [md] [e]\nanswered [ma] [f]\nanswered [ma] [g] [v]\nanswered [me] [h]\n"
            "answered [me] [i]\nanswered [mn]\n");
}

TEST(MemcachedQuiet, CommandsAreOneOperationWithTheNextThatIsAnswered) {
  EXPECT_EQ(log_of("mg a v q k\r\nmg b v q k\r\nmg c v q k\r\nmn\r\nmg d\r\n",
                   "VA 1 ka\r\nx\r\nVA 4 kc\r\nMN\r\n\r\nMN\r\nEN\r\n"),
            "answered [mg] [a] [v] [q] [k] batch=4 hits=2 misses=1\n"
            "answered [mg] [d] hits=0 misses=1\n");
  EXPECT_EQ(log_of("ms a 1 q\r\nx\r\nmd b q\r\nmn\r\n", "NS\r\nNF\r\nMN\r\n"),
            "answered [ms] [a] [1] [q] batch=3\n");
  EXPECT_EQ(log_of("mg a q\r\nget b\r\n", "HD\r\nEND\r\n"),
            "answered [mg] [a] [q] batch=2 hits=1 misses=1\n");
  EXPECT_EQ(
      log_of({client("mg a v q\r\n"), server("VA 1\r\nx\r\n"), client("mn\r\n"), server("MN\r\n")}),
      "ready\nanswered [mg] [a] [v] [q] batch=2 hits=1 misses=0\n");
}

TEST(MemcachedQuiet, RunsEndWithAnAnswerThatOnlyTheLastCanGive) {
  EXPECT_EQ(log_of("mg a v q\r\nmg b v\r\n", "EN\r\n"),
            "answered [mg] [a] [v] [q] batch=2 hits=0 misses=2\n");
  EXPECT_EQ(log_of("ms a 1 q\r\nx\r\nmg b v\r\n", "VA 1\r\ny\r\n"),
            "answered [ms] [a] [1] [q] batch=2 hits=1 misses=0\n");
  EXPECT_EQ(log_of("mg a q\r\nmd b\r\n", "NF\r\n"),
            "answered [mg] [a] [q] batch=2 hits=0 misses=1\n");
  EXPECT_EQ(
      log_of("mg a v q O1\r\nmg b v q O2\r\nmg c v O3\r\n", "VA 1 O2\r\nx\r\nVA 1 O3\r\ny\r\n"),
      "answered [mg] [a] [v] [q] [O1] batch=3 hits=2 misses=1\n");
}

TEST(MemcachedQuiet, RunsWhoseEndCannotBeToldAreNotFollowed) {
  EXPECT_EQ(log_of("mg a v q\r\nmg b v\r\n", "VA 1\r\nx\r\n"),
            "in flight [mg] [a] [v] [q] batch=2\nnot mine\n");
  EXPECT_EQ(log_of("mg a v q O1\r\nmg b v O1\r\n", "VA 1 O1\r\nx\r\n"),
            "in flight [mg] [a] [v] [q] [O1] batch=2\nnot mine\n");
  EXPECT_EQ(log_of("ms a 1 q\r\nx\r\nmd b\r\n", "NF\r\n"),
            "in flight [ms] [a] [1] [q] batch=2\nnot mine\n");
  EXPECT_EQ(log_of("mg a q\r\nget b\r\n", "SERVER_ERROR x\r\n"),
            "in flight [mg] [a] [q] batch=2\nnot mine\n");
  EXPECT_EQ(log_of("ma a q v\r\nma b v\r\n", "VA 1\r\n5\r\n"),
            "in flight [ma] [a] [q] [v] batch=2\nnot mine\n");
}

TEST(MemcachedQuiet, RunWhoseLastCommandMayHaveBeenRefusedEarlyIsNotFollowed) {
  EXPECT_EQ(log_of({client("mg a q\r\nset k 0 0 9\r\nabc"), server("SERVER_ERROR too large\r\n")}),
            "in flight [mg] [a] [q] batch=2\nnot mine\n");
}

TEST(MemcachedQuiet, ErrorsBeforeANoOpAreTheRuns) {
  EXPECT_EQ(log_of("ma a q\r\nmg b q\r\nmn\r\n", "CLIENT_ERROR cannot\r\nHD\r\nMN\r\n"),
            "answered [ma] [a] [q] error=CLIENT_ERROR batch=3\n");
}

TEST(MemcachedQuiet, NumbersAreNotTakenForHits) {
  EXPECT_EQ(log_of("ma a q v N0\r\nmg b q\r\nmn\r\n", "VA 1\r\n0\r\nHD\r\nMN\r\n"),
            "answered [ma] [a] [q] [v] [N0] batch=3\n");
}

TEST(MemcachedStream, EndsTheFollowing) {
  EXPECT_EQ(log_of("watch fetchers\r\n", "OK\r\nts=1 gid=1 type=item_get\r\n"),
            "answered [watch] [fetchers]\nnot mine\n");
}

TEST(MemcachedConnection, MayBeRefused) {
  EXPECT_EQ(log_of({server("ERROR Too many open connections\r\n")}), "rejected ERROR\n");
  EXPECT_EQ(log_of({client("get k\r\n"), server("ERROR Too many open connections\r\n")}),
            "rejected ERROR\nanswered [get] [k] error=ERROR\n");
  EXPECT_EQ(log_of({client("set auth 0 0 9\r\nuser pass\r\n"),
                    server("CLIENT_ERROR authentication failure\r\n"),
                    client("set auth 0 0 9\r\nuser word\r\n"), server("STORED\r\n")}),
            "rejected CLIENT_ERROR\nanswered [set] [auth] [0] [0] [9] error=CLIENT_ERROR\n"
            "ready\nanswered [set] [auth] [0] [0] [9]\n");
}

TEST(MemcachedConnection, AnswersToNothingAreNotMine) {
  EXPECT_EQ(log_of({client("version\r\n"), server("VERSION 1\r\nVERSION 1\r\n")}),
            "ready\nanswered [version]\nnot mine\n");
  EXPECT_EQ(log_of({client("version\r\n"), server("VERSION 1\r\nERROR\r\n")}),
            "ready\nanswered [version]\nnot mine\n");
  EXPECT_EQ(log_of({client("get "), server("END\r\n")}), "in flight [get]\nnot mine\n");
}

TEST(MemcachedBeginning, IsAVerbInLowerCase) {
  for (const std::string yes :
       {"g", "get", "get k\r\n", "set k 0 0 1", "mg k v\r\n", "mn\r\n", "version\r\n", "quit\n",
        "flush_all", "lru_crawler x", "cache_memlimit 5", "st", "gats "})
    EXPECT_TRUE(MemcachedCodec::may_begin(yes.data(), yes.size())) << yes;
  for (const std::string no :
       {"GET / HTTP/1.1\r\n", "get / HTTP/1.1\r\n", "get / HTTP/1.0\n", "x", "getx", "get\tk",
        "\x80", "*1\r\n", "PING\r\n", "post / HTTP/1.1\r\n", " get k", "\r\n", "use tube\r\n",
        "put 1", "flush_all_x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_FALSE(MemcachedCodec::may_begin(no.data(), no.size())) << no;
}

TEST(MemcachedBeginning, ThatIsHttpAfterAllIsNotMine) {
  EXPECT_EQ(log_of({client("get / HTTP/1.1\r\n")}), "not mine\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
