// What commands leave behind: database, transaction, subscriptions, modes of answering.
#include "agent/codecs/redis/redis_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

std::string log_of(const Dialogue& dialogue) { return listen_in_pieces<RedisCodec>(dialogue); }

/// A command and its answer, one turn each.
void ask(Dialogue& dialogue, const std::vector<std::string>& words, const std::string& answer) {
  dialogue.push_back(client(command(words)));
  if (!answer.empty()) dialogue.push_back(server(answer));
}
std::string log_of_calls(
    const std::vector<std::pair<std::vector<std::string>, std::string>>& calls) {
  Dialogue dialogue;
  for (const auto& [words, answer] : calls) ask(dialogue, words, answer);
  std::string log = log_of(dialogue);
  const std::string ready = "ready\n";
  if (log.starts_with(ready)) log.erase(0, ready.size());
  return log;
}

TEST(RedisSelect, CountsForWhatFollows) {
  EXPECT_EQ(log_of_calls({{{"SELECT", "7"}, "+OK\r\n"}, {{"PING"}, "+PONG\r\n"}}),
            "answered in=0 [SELECT] [7]\nanswered in=7 [PING]\n");
  EXPECT_EQ(
      log_of({client(command({"SELECT", "12"}) + command({"PING"})), server("+OK\r\n+PONG\r\n")}),
      "ready\nanswered in=0 [SELECT] [12]\nanswered in=12 [PING]\n");
}

TEST(RedisSelect, ThatIsRefusedChangesNothing) {
  EXPECT_EQ(log_of_calls({{{"SELECT", "3"}, "+OK\r\n"},
                          {{"SELECT", "99"}, "-ERR DB index is out of range\r\n"},
                          {{"PING"}, "+PONG\r\n"},
                          {{"SELECT", "x"}, "-ERR value is not an integer\r\n"},
                          {{"PING"}, "+PONG\r\n"}}),
            "answered in=0 [SELECT] [3]\nanswered in=3 [SELECT] [99] error=ERR\n"
            "answered in=3 [PING]\nanswered in=3 [SELECT] [x] error=ERR\nanswered in=3 [PING]\n");
  EXPECT_EQ(log_of({client(command({"SELECT", "99"}) + command({"SELECT", "2"})),
                    server("-ERR x\r\n"), client(command({"PING"})), server("+OK\r\n+PONG\r\n"),
                    client(command({"PING"})), server("+PONG\r\n")}),
            "ready\nanswered in=0 [SELECT] [99] error=ERR\nanswered in=99 [SELECT] [2]\n"
            "answered in=2 [PING]\nanswered in=2 [PING]\n");
}

TEST(RedisSelect, WithinMultiCountsWhenItIsApplied) {
  EXPECT_EQ(log_of_calls({{{"MULTI"}, "+OK\r\n"},
                          {{"SELECT", "4"}, "+QUEUED\r\n"},
                          {{"DISCARD"}, "+OK\r\n"},
                          {{"PING"}, "+PONG\r\n"},
                          {{"MULTI"}, "+OK\r\n"},
                          {{"SELECT", "5"}, "+QUEUED\r\n"},
                          {{"EXEC"}, "*1\r\n+OK\r\n"},
                          {{"PING"}, "+PONG\r\n"}}),
            "transaction\nanswered in=0 [MULTI]\nanswered in=0 [SELECT] [4] queued\n"
            "no transaction\nanswered in=4 [DISCARD]\nanswered in=0 [PING]\n"
            "transaction\nanswered in=0 [MULTI]\nanswered in=0 [SELECT] [5] queued\n"
            "no transaction\nanswered in=5 [EXEC]\nanswered in=5 [PING]\n");
}

TEST(RedisReads, TellHitsAndMisses) {
  const std::string one = "hits=1 misses=0\n", none = "hits=0 misses=1\n";
  const struct {
    std::vector<std::string> words;
    const char* reply;
    std::string counts;
  } cases[] = {
      {{"GET", "k"}, "$1\r\nv\r\n", one},
      {{"GET", "k"}, "$0\r\n\r\n", one},
      {{"GET", "k"}, "$-1\r\n", none},
      {{"GET", "k"}, "_\r\n", none},
      {{"GETEX", "k"}, "$-1\r\n", none},
      {{"GETDEL", "k"}, "$1\r\nv\r\n", one},
      {{"HGET", "k"}, "_\r\n", none},
      {{"LINDEX", "k"}, "$-1\r\n", none},
      {{"ZSCORE", "k"}, ",1.5\r\n", one},
      {{"ZRANK", "k"}, ":0\r\n", one},
      {{"ZREVRANK", "k"}, "$-1\r\n", none},
      {{"DUMP", "k"}, "$-1\r\n", none},
      {{"JSON.GET", "k"}, "$-1\r\n", none},
      {{"MGET", "k"}, "*3\r\n$1\r\na\r\n$-1\r\n$0\r\n\r\n", "hits=2 misses=1\n"},
      {{"mget", "k"}, "*2\r\n_\r\n_\r\n", "hits=0 misses=2\n"},
      {{"HMGET", "k"}, "*2\r\n$-1\r\n$1\r\nx\r\n", "hits=1 misses=1\n"},
      {{"HGETEX", "k"}, "*1\r\n$-1\r\n", none},
      {{"HGETDEL", "k"}, "*1\r\n$-1\r\n", none},
      {{"ZMSCORE", "k"}, "*2\r\n,1\r\n_\r\n", "hits=1 misses=1\n"},
      {{"GEOPOS", "k"}, "*2\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n*-1\r\n", "hits=1 misses=1\n"},
      {{"GEOHASH", "k"}, "*1\r\n$-1\r\n", none},
      {{"JSON.MGET", "k"}, "*1\r\n$-1\r\n", none},
      {{"EXISTS", "a", "b", "c"}, ":2\r\n", "hits=2 misses=1\n"},
      {{"EXISTS", "a"}, ":5\r\n", one},
      {{"HEXISTS", "k"}, ":0\r\n", none},
      {{"HEXISTS", "k"}, ":1\r\n", one},
      {{"HGETALL", "k"}, "*0\r\n", none},
      {{"HGETALL", "k"}, "%1\r\n+a\r\n+b\r\n", one},
      {{"HKEYS", "k"}, "*0\r\n", none},
      {{"HVALS", "k"}, "*1\r\n+a\r\n", one},
      {{"SMEMBERS", "k"}, "~0\r\n", none},
      {{"SISMEMBER", "k"}, ":0\r\n", ""},
      {{"GETSET", "k"}, "$-1\r\n", ""},
      {{"GETRANGE", "k"}, "$0\r\n\r\n", ""},
      {{"SET", "k"}, "$-1\r\n", ""},
      {{"LPOP", "k"}, "$-1\r\n", ""},
  };
  for (const auto& one_case : cases) {
    std::string want = "answered in=0";
    for (const std::string& word : one_case.words) want += " [" + word + "]";
    want += one_case.counts.empty() ? "\n" : " " + one_case.counts;
    EXPECT_EQ(log_of_calls({{one_case.words, one_case.reply}}), want);
  }
}

TEST(RedisMulti, CommandsAreQueuedAndExecIsOneForAll) {
  EXPECT_EQ(log_of_calls({{{"MULTI"}, "+OK\r\n"},
                          {{"GET", "a"}, "+QUEUED\r\n"},
                          {{"INCR", "b"}, "+QUEUED\r\n"},
                          {{"NONE"}, "-ERR unknown command\r\n"},
                          {{"EXEC"}, "*2\r\n$-1\r\n-WRONGTYPE x\r\n"},
                          {{"GET", "a"}, "+QUEUED\r\n"}}),
            "transaction\nanswered in=0 [MULTI]\nanswered in=0 [GET] [a] queued\n"
            "answered in=0 [INCR] [b] queued\nanswered in=0 [NONE] error=ERR\n"
            "no transaction\nanswered in=0 [EXEC] batch=2\n"
            "answered in=0 [GET] [a] hits=1 misses=0\n");
}

TEST(RedisMulti, ThatIsAbortedHasNoBatch) {
  for (const char* reply : {"*-1\r\n", "_\r\n"})
    EXPECT_EQ(log_of_calls({{{"MULTI"}, "+OK\r\n"},
                            {{"INCR", "a"}, "+QUEUED\r\n"},
                            {{"INCR", "b"}, "+QUEUED\r\n"},
                            {{"EXEC"}, reply},
                            {{"PING"}, "+PONG\r\n"}}),
              "transaction\nanswered in=0 [MULTI]\nanswered in=0 [INCR] [a] queued\n"
              "answered in=0 [INCR] [b] queued\nno transaction\nanswered in=0 [EXEC]\n"
              "answered in=0 [PING]\n");
  EXPECT_EQ(log_of_calls({{{"MULTI"}, "+OK\r\n"}, {{"EXEC"}, "-EXECABORT Transaction\r\n"}}),
            "transaction\nanswered in=0 [MULTI]\nno transaction\n"
            "answered in=0 [EXEC] error=EXECABORT\n");
}

TEST(RedisMulti, WithASubscriptionIsNotFollowed) {
  EXPECT_EQ(log_of_calls({{{"MULTI"}, "+OK\r\n"},
                          {{"SUBSCRIBE", "a", "b"}, "+QUEUED\r\n"},
                          {{"EXEC"}, "*1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"}}),
            "transaction\nanswered in=0 [MULTI]\nanswered in=0 [SUBSCRIBE] [a] [b] queued\n"
            "no transaction\nanswered in=0 [EXEC]\nnot mine\n");
}

std::string confirmation(const std::string& type, const std::string& word, const std::string& name,
                         int count) {
  const std::string channel =
      name.empty() ? "$-1\r\n" : "$" + std::to_string(name.size()) + "\r\n" + name + "\r\n";
  return type + "3\r\n$" + std::to_string(word.size()) + "\r\n" + word + "\r\n" + channel + ":" +
         std::to_string(count) + "\r\n";
}
const char kMessage[] = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";
const char kPatternMessage[] = "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$2\r\nhi\r\n";

TEST(RedisSubscription, EndsWithItsLastConfirmation) {
  EXPECT_EQ(log_of({client(command({"SUBSCRIBE", "a", "b"})),
                    server(confirmation("*", "subscribe", "a", 1) + kMessage),
                    server(confirmation("*", "subscribe", "b", 2) + kMessage + kPatternMessage),
                    client(command({"PING"})),
                    server(std::string(kMessage) + "*2\r\n$4\r\npong\r\n$0\r\n\r\n" + kMessage),
                    client(command({"UNSUBSCRIBE"})),
                    server(confirmation("*", "unsubscribe", "a", 1) + kMessage +
                           confirmation("*", "unsubscribe", "b", 0)),
                    client(command({"GET", "k"})), server("$-1\r\n")}),
            "ready\nanswered in=0 [SUBSCRIBE] [a] [b]\nanswered in=0 [PING]\n"
            "answered in=0 [UNSUBSCRIBE]\nanswered in=0 [GET] [k] hits=0 misses=1\n");
}

TEST(RedisSubscription, OfResp3IsConfirmedByPushes) {
  EXPECT_EQ(
      log_of(
          {client(command({"SUBSCRIBE", "a", "b"}) + command({"MGET", "k"})),
           server(confirmation(">", "subscribe", "a", 1) + "|1\r\n+a\r\n+b\r\n" +
                  confirmation(">", "subscribe", "b", 2) + "*1\r\n$7\r\nmessage\r\n"),
           server(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n"),
           client(command({"UNSUBSCRIBE"}) + command({"UNSUBSCRIBE"})),
           server(confirmation(">", "unsubscribe", "a", 1) +
                  confirmation(">", "unsubscribe", "b", 0) +
                  ">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n"),
           client(command({"GET", "k"})), server("_\r\n")}),
      "ready\nanswered in=0 [SUBSCRIBE] [a] [b]\nanswered in=0 [MGET] [k] hits=1 misses=0\n"
      "answered in=0 [UNSUBSCRIBE]\nanswered in=0 [UNSUBSCRIBE]\n"
      "answered in=0 [GET] [k] hits=0 misses=1\n");
}

TEST(RedisSubscription, OfChannelsPatternsAndShardsIsCountedApart) {
  EXPECT_EQ(
      log_of(
          {client(command({"SUBSCRIBE", "a", "b"}) + command({"SUBSCRIBE", "a"}) +
                  command({"PSUBSCRIBE", "*"}) + command({"SSUBSCRIBE", "s"})),
           server(confirmation("*", "subscribe", "a", 1) + confirmation("*", "subscribe", "b", 2) +
                  confirmation("*", "subscribe", "a", 2) + confirmation("*", "psubscribe", "*", 3) +
                  confirmation("*", "ssubscribe", "s", 1)),
           client(command({"UNSUBSCRIBE"}) + command({"PUNSUBSCRIBE"}) +
                  command({"SUNSUBSCRIBE", "s"}) + command({"PUNSUBSCRIBE"}) +
                  command({"UNSUBSCRIBE", "q", "r"})),
           server(
               confirmation("*", "unsubscribe", "a", 2) + confirmation("*", "unsubscribe", "b", 1) +
               confirmation("*", "punsubscribe", "*", 0) +
               confirmation("*", "sunsubscribe", "s", 0) +
               confirmation("*", "punsubscribe", "", 0) + confirmation("*", "unsubscribe", "q", 0) +
               confirmation("*", "unsubscribe", "r", 0)),
           client(command({"MGET", "k"})), server("*1\r\n$7\r\nmessage\r\n")}),
      "ready\nanswered in=0 [SUBSCRIBE] [a] [b]\nanswered in=0 [SUBSCRIBE] [a]\n"
      "answered in=0 [PSUBSCRIBE] [*]\nanswered in=0 [SSUBSCRIBE] [s]\n"
      "answered in=0 [UNSUBSCRIBE]\nanswered in=0 [PUNSUBSCRIBE]\n"
      "answered in=0 [SUNSUBSCRIBE] [s]\nanswered in=0 [PUNSUBSCRIBE]\n"
      "answered in=0 [UNSUBSCRIBE] [q] [r]\nanswered in=0 [MGET] [k] hits=1 misses=0\n");
}

TEST(RedisSubscription, ToPatternsFirstLeavesChannelsCounted) {
  EXPECT_EQ(
      log_of(
          {client(command({"PSUBSCRIBE", "*"}) + command({"SUBSCRIBE", "a"}) +
                  command({"UNSUBSCRIBE"}) + command({"PING"})),
           server(confirmation("*", "psubscribe", "*", 1) + confirmation("*", "subscribe", "a", 2) +
                  confirmation("*", "unsubscribe", "a", 1) + "*2\r\n$4\r\npong\r\n$0\r\n\r\n")}),
      "ready\nanswered in=0 [PSUBSCRIBE] [*]\nanswered in=0 [SUBSCRIBE] [a]\n"
      "answered in=0 [UNSUBSCRIBE]\nanswered in=0 [PING]\n");
}

TEST(RedisSubscription, MayBeRefusedOrEndedByReset) {
  EXPECT_EQ(log_of({client(command({"SUBSCRIBE"}) + command({"SUBSCRIBE", "a"})),
                    server("-ERR wrong number\r\n" + confirmation("*", "subscribe", "a", 1)),
                    client(command({"GET", "k"}) + command({"RESET"}) + command({"MGET", "k"})),
                    server("-ERR Can't execute\r\n+RESET\r\n*1\r\n$7\r\nmessage\r\n")}),
            "ready\nanswered in=0 [SUBSCRIBE] error=ERR\nanswered in=0 [SUBSCRIBE] [a]\n"
            "answered in=0 [GET] [k] error=ERR\nanswered in=0 [RESET]\n"
            "answered in=0 [MGET] [k] hits=1 misses=0\n");
}

TEST(RedisSubscription, ThatAClusterTakesAwayIsNoAnswer) {
  EXPECT_EQ(log_of({client(command({"SSUBSCRIBE", "s"})),
                    server(confirmation("*", "ssubscribe", "s", 1)), client(command({"PING"})),
                    server(confirmation("*", "sunsubscribe", "s", 0) + "+PONG\r\n")}),
            "ready\nanswered in=0 [SSUBSCRIBE] [s]\nanswered in=0 [PING]\n");
}

TEST(RedisPush, IsNoAnswer) {
  const std::string push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
  EXPECT_EQ(log_of({client(command({"HELLO", "3"})), server("%1\r\n+proto\r\n:3\r\n" + push),
                    client(command({"GET", "k"})), server(push + "$1\r\nv\r\n" + push)}),
            "ready\nanswered in=0 [HELLO] [3]\nanswered in=0 [GET] [k] hits=1 misses=0\n");
}

TEST(RedisStream, EndsTheFollowing) {
  EXPECT_EQ(log_of_calls({{{"MONITOR"}, "+OK\r\n+1469.1 [0 127.0.0.1:1] \"PING\"\r\n"}}),
            "answered in=0 [MONITOR]\nnot mine\n");
  EXPECT_EQ(log_of_calls({{{"PSYNC", "?", "-1"}, "+FULLRESYNC 8d 0\r\n"}}),
            "answered in=0 [PSYNC] [?] [-1]\nnot mine\n");
  EXPECT_EQ(log_of({client(command({"SYNC"})), server("\n\n$3\r\n")}),
            "in flight in=0 [SYNC]\nnot mine\n");
  EXPECT_EQ(log_of({client(command({"SYNC"})), server("$3\r\nabc")}),
            "answered in=0 [SYNC]\nnot mine\n");
}

TEST(RedisReplyMode, OffSkipAndOnDecideWhatIsAnswered) {
  EXPECT_EQ(log_of({client(command({"CLIENT", "REPLY", "SKIP"}) + command({"GET", "a"}) +
                           command({"GET", "b"}) + "client reply OFF\r\n" + command({"GET", "c"}) +
                           command({"SELECT", "2"}) + command({"CLIENT", "REPLY", "SKIP"}) +
                           command({"CLIENT", "REPLY", "ON"}) + command({"GET", "d"})),
                    server("$-1\r\n+OK\r\n$-1\r\n")}),
            "sent in=0 [CLIENT] [REPLY] [SKIP]\nsent in=0 [GET] [a]\n"
            "sent in=0 [client] [reply] [OFF]\nsent in=0 [GET] [c]\nsent in=0 [SELECT] [2]\n"
            "sent in=2 [CLIENT] [REPLY] [SKIP]\n"
            "ready\nanswered in=0 [GET] [b] hits=0 misses=1\nanswered in=2 [CLIENT] [REPLY] [ON]\n"
            "answered in=2 [GET] [d] hits=0 misses=1\n");
}

TEST(RedisReplyMode, SkipIsUsedUpByAnEmptyCommandAndResetAnswers) {
  EXPECT_EQ(log_of({client(command({"CLIENT", "REPLY", "SKIP"}) + "\r\n" + command({"GET", "a"}) +
                           command({"CLIENT", "REPLY", "OFF"}) + command({"RESET"}) +
                           command({"GET", "b"})),
                    server("$-1\r\n+RESET\r\n$-1\r\n")}),
            "sent in=0 [CLIENT] [REPLY] [SKIP]\nsent in=0 [CLIENT] [REPLY] [OFF]\n"
            "ready\nanswered in=0 [GET] [a] hits=0 misses=1\nanswered in=0 [RESET]\n"
            "answered in=0 [GET] [b] hits=0 misses=1\n");
}

TEST(RedisReplyMode, AfterMultiIsFollowed) {
  EXPECT_EQ(log_of({client(command({"MULTI"}) + command({"EXEC"}) +
                           command({"CLIENT", "REPLY", "SKIP"}) + command({"PING"})),
                    server("+OK\r\n*0\r\n")}),
            "sent in=0 [CLIENT] [REPLY] [SKIP]\nsent in=0 [PING]\n"
            "ready\ntransaction\nanswered in=0 [MULTI]\nno transaction\nanswered in=0 [EXEC]\n");
}

TEST(RedisReplyMode, IsNotFollowedWhereTheServerSpeaksAllTheSame) {
  for (const char* word : {"SUBSCRIBE", "MONITOR", "PSYNC"})
    EXPECT_TRUE(log_of({client(command({"CLIENT", "REPLY", "OFF"}) + command({word, "a"}))})
                    .ends_with("not mine\n"))
        << word;
}

TEST(RedisReplyMode, WithinMultiIsNotFollowed) {
  EXPECT_EQ(log_of({client(command({"MULTI"}) + command({"CLIENT", "REPLY", "OFF"}))}),
            "in flight in=0 [MULTI]\nin flight in=0 [CLIENT] [REPLY] [OFF]\nnot mine\n");
}

TEST(RedisConnection, IsReadyAtTheFirstAnswerThatIsNoRefusal) {
  EXPECT_EQ(log_of({client(command({"HELLO", "3"})), server("-ERR unknown command\r\n"),
                    client(command({"GET", "k"})), server("-NOAUTH Authentication required.\r\n"),
                    client(command({"AUTH", "x"})), server("-WRONGPASS invalid\r\n"),
                    client(command({"AUTH", "y"})), server("+OK\r\n")}),
            "answered in=0 [HELLO] [3] error=ERR\nanswered in=0 [GET] [k] error=NOAUTH\n"
            "rejected WRONGPASS\nanswered in=0 [AUTH] error=WRONGPASS\n"
            "ready\nanswered in=0 [AUTH]\n");
  EXPECT_EQ(log_of({client(command({"HELLO", "3", "AUTH", "u", "p"})), server("-WRONGPASS x\r\n")}),
            "rejected WRONGPASS\nanswered in=0 [HELLO] [3] error=WRONGPASS\n");
  EXPECT_EQ(log_of({client(command({"AUTH", "p"})), server("-ERR invalid password\r\n")}),
            "rejected ERR\nanswered in=0 [AUTH] error=ERR\n");
  EXPECT_EQ(log_of({client(command({"INCR", "k"})), server("-WRONGTYPE x\r\n")}),
            "ready\nanswered in=0 [INCR] [k] error=WRONGTYPE\n");
}

TEST(RedisConnection, MayBeRefusedUnasked) {
  EXPECT_EQ(log_of({server("-ERR max number of clients reached\r\n")}), "rejected ERR\n");
  EXPECT_EQ(log_of({client(command({"PING"})), server("-ERR max number of clients reached\r\n")}),
            "rejected ERR\nanswered in=0 [PING] error=ERR\n");
  EXPECT_EQ(
      log_of({client(command({"PING"})), server("-DENIED Redis is running in protected\r\n")}),
      "rejected DENIED\nanswered in=0 [PING] error=DENIED\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
