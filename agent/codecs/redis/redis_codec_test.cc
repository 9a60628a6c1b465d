// Commands and answers, by hand.
#include "agent/codecs/redis/redis_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using std::string_literals::operator""s;

std::string log_of(const Dialogue& dialogue) { return listen_in_pieces<RedisCodec>(dialogue); }
/// The log of one command and its answer, without what every connection says at first.
std::string log_of(const std::string& request, const std::string& response) {
  std::string log = log_of({client(request), server(response)});
  const std::string ready = "ready\n";
  if (const size_t at = log.find(ready); at != std::string::npos) log.erase(at, ready.size());
  return log;
}

TEST(RedisCommand, IsOneOperationWithItsWords) {
  EXPECT_EQ(log_of(command({"SET", "key", "value"}), "+OK\r\n"),
            "answered in=0 [SET] [key] [value]\n");
  EXPECT_EQ(log_of(command({"set", "", "a\0\r\n\xff"s}), "+OK\r\n"),
            "answered in=0 [set] [] [a\0\r\n\xff]\n"s);
}

TEST(RedisCommand, OfAPipelineHasItsOwnAnswer) {
  EXPECT_EQ(log_of(command({"INCR", "a"}) + command({"INCR", "b"}) + command({"PING"}),
                   ":1\r\n:2\r\n+PONG\r\n"),
            "answered in=0 [INCR] [a]\nanswered in=0 [INCR] [b]\nanswered in=0 [PING]\n");
}

TEST(RedisCommand, LongWordsAreCut) {
  EXPECT_EQ(log_of(command({"SET", "k", std::string(128, 'v')}), "+OK\r\n"),
            "answered in=0 [SET] [k] [" + std::string(128, 'v') + "]\n");
  EXPECT_EQ(log_of(command({"SET", "k", std::string(5000, 'v'), "EX", "10"}), "+OK\r\n"),
            "answered in=0 [SET] [k] [" + std::string(128, 'v') + "...] [EX] [10]\n");
}

TEST(RedisCommand, ManyWordsAreCut) {
  std::vector<std::string> words = {"DEL"};
  std::string kept = "answered in=0 [DEL]";
  for (int i = 1; i < 40; ++i) {
    words.push_back("k" + std::to_string(i));
    if (i < 16) kept += " [k" + std::to_string(i) + (i == 15 ? "...]" : "]");
  }
  EXPECT_EQ(log_of(command(words), ":0\r\n"), kept + "\n");
}

TEST(RedisCommand, PassesOnAKibibyteAtMost) {
  const std::string word(128, 'w');
  std::string kept = "answered in=0 [MSET]";
  for (int i = 0; i < 7; ++i) kept += " [" + word + "]";
  EXPECT_EQ(log_of(command({"MSET", word, word, word, word, word, word, word, word, word, word}),
                   "+OK\r\n"),
            kept + " [" + std::string(124, 'w') + "...]\n");
}

TEST(RedisCommand, SecretsAreLeftOut) {
  const struct {
    std::vector<std::string> words;
    const char* kept;
  } cases[] = {
      {{"AUTH", "hidden"}, "[AUTH]"},
      {{"aUtH", "user", "hidden"}, "[aUtH]"},
      {{"HELLO", "3", "AUTH", "user", "hidden", "SETNAME", "n"}, "[HELLO] [3]"},
      {{"ACL", "SETUSER", "bob", "on", ">hidden"}, "[ACL] [SETUSER] [bob]"},
      {{"acl", "setuser", "bob", ">hidden"}, "[acl] [setuser] [bob]"},
      {{"ACL", "DRYRUN", "bob", "AUTH", "hidden"}, "[ACL] [DRYRUN] [bob] [AUTH]"},
      {{"CONFIG", "SET", "requirepass", "hidden", "maxmemory", "1"},
       "[CONFIG] [SET] [requirepass]"},
      {{"MIGRATE", "host", "6379", "", "0", "10", "AUTH", "hidden", "KEYS", "k"},
       "[MIGRATE] [host] [6379]"},
      {{"SENTINEL", "SET", "main", "auth-pass", "hidden"}, "[SENTINEL] [SET] [main]"},
      {{"SENTINEL", "CONFIG", "SET", "sentinel-pass", "hidden"},
       "[SENTINEL] [CONFIG] [SET] [sentinel-pass]"},
      {{"MODULE", "LOADEX", "/m.so", "ARGS", "hidden"}, "[MODULE] [LOADEX] [/m.so]"},
      {{"COMMAND", "GETKEYS", "AUTH", "hidden"}, "[COMMAND] [GETKEYS] [AUTH]"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(log_of(command(one.words), "+OK\r\n"), "answered in=0 "s + one.kept + "\n");
}

TEST(RedisCommand, WithASubcommandThatHidesNothingIsPassedOn) {
  EXPECT_EQ(log_of(command({"CONFIG", "GET", "max*", "min*"}), "*0\r\n"),
            "answered in=0 [CONFIG] [GET] [max*] [min*]\n");
  EXPECT_EQ(log_of(command({"CLIENT", "SETNAME", "me"}), "+OK\r\n"),
            "answered in=0 [CLIENT] [SETNAME] [me]\n");
}

TEST(RedisCommand, OfNoWordsIsIgnored) {
  EXPECT_EQ(log_of("*0\r\n*-1\r\n\r\n \r\n" + command({"PING"}), "+PONG\r\n"),
            "answered in=0 [PING]\n");
}

TEST(RedisCommand, ThatIsNotRecordedIsFollowedAllTheSame) {
  Listener<RedisCodec> listener(4096);
  listener.operations.record_nothing();
  listener.feed(true, command({"GET", "k"}) + command({"GET", "l"}));
  listener.feed(false, "$-1\r\n$1\r\nx\r\n");
  EXPECT_EQ(listener.log(),
            "ready\nanswered in=0 hits=0 misses=1\nanswered in=0 hits=1 misses=0\n");
}

TEST(RedisCommand, BeyondTheRoomForOperationsEndsTheFollowing) {
  Listener<RedisCodec> listener(4096);
  listener.operations.limit(1);
  listener.feed(true, command({"PING"}) + command({"PING"}));
  EXPECT_EQ(listener.log(), "in flight in=0 [PING]\nnot mine\n");
}

TEST(RedisCommand, OfImpossibleFormIsNotMine) {
  for (const std::string request :
       {"*1\r\n$-1\r\n", "*1\r\n:1\r\n", "*1\r\n$3\r\nGETx\r\n", "*x\r\n", "*1\n",
        "*99999999999\r\n", "*1\r\n$536870913\r\n", "*1\r\n$1\nx\r\n", "*\r\n", "*1\r\n$\r\n",
        "\x16\x03\x01", "*1\r\n$3\r\nGET\rx"}) {
    const std::string log = log_of({client(request)});
    EXPECT_TRUE(log.ends_with("not mine\n")) << request << log;
  }
}

TEST(RedisInline, WordsAreReadLikeOthers) {
  EXPECT_EQ(
      log_of("PING\r\nSET  key\tvalue \r\nset k 'v w' \"x\\\" y\"\n", "+PONG\r\n+OK\r\n-ERR x\r\n"),
      "answered in=0 [PING]\nanswered in=0 [SET] [key] [value]\n"
      "answered in=0 [set] [k] ['v w'] [\"x\\\" y\"] error=ERR\n");
  EXPECT_EQ(log_of(command({"PING"}) + "\r\nGET key\r\n", "+PONG\r\n$-1\r\n"),
            "answered in=0 [PING]\nanswered in=0 [GET] [key] hits=0 misses=1\n");
  EXPECT_EQ(
      log_of("SET k " + std::string(200, 'v') + " " + std::string(128, 'w') + "\r\n", "+OK\r\n"),
      "answered in=0 [SET] [k] [" + std::string(128, 'v') + "...] [" + std::string(128, 'w') +
          "]\n");
}

TEST(RedisInline, SecretsAreLeftOut) {
  EXPECT_EQ(log_of("AUTH hidden\r\n", "+OK\r\n"), "answered in=0 [AUTH]\n");
  EXPECT_EQ(log_of("PING\r\nauth user 'hidden'\r\n", "+PONG\r\n+OK\r\n"),
            "answered in=0 [PING]\nanswered in=0 [auth]\n");
  EXPECT_EQ(log_of("CONFIG set requirepass hidden\r\n", "+OK\r\n"),
            "answered in=0 [CONFIG] [set] [requirepass]\n");
  // A quoted name may be any: what follows it stays out.
  EXPECT_EQ(log_of("CONFIG \"\\x73et\" requirepass hidden\r\n", "+OK\r\n"),
            "answered in=0 [CONFIG] [\"\\x73et\"]\n");
  EXPECT_EQ(log_of({client("PING\r\n\"AU\\x54H\" hidden\r\n"), server("+PONG\r\n")}),
            "in flight in=0 [PING]\nnot mine\n");
}

TEST(RedisInline, ThatIsHttpIsNotMine) {
  for (const char* request : {"INFO / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n", "PINGS\r\n", "Ping\r\n",
                              "get key\r\n", "SET /x HTTP/1.0\r\nHost: x\r\n"})
    EXPECT_EQ(log_of({client(request)}), "not mine\n") << request;
}

TEST(RedisInline, IsRefusedWithAnOpenQuoteOrWithoutEnd) {
  EXPECT_TRUE(log_of({client("ECHO 'x\r\n")}).ends_with("not mine\n"));
  EXPECT_TRUE(listen<RedisCodec>({client("ECHO " + std::string(65536, 'x'))}, {.step = 1000})
                  .ends_with("not mine\n"));
}

TEST(RedisBeginning, IsAnArrayOrAWordThatIsNoMethodOfHttp) {
  for (const std::string yes : {"*",
                                "*1",
                                "*12\r",
                                "*1\r\n",
                                "*1\r\n$",
                                "*1\r\n$4\r\nPING\r\n",
                                "PI",
                                "PING",
                                "PING\r\n",
                                "PING\n",
                                "ECHO hello\r\n",
                                "INFO",
                                "SET k v",
                                "SELECT 1\r\n",
                                "CONF",
                                "DEL k\r\n",
                                "QUIT\r\n",
                                "HELLO 3\r\n",
                                "AUTH x",
                                "COMMAND\r\n",
                                "E"})
    EXPECT_TRUE(RedisCodec::may_begin(yes.data(), yes.size())) << yes;
  for (const std::string no : {"*x",
                               "**",
                               "* ",
                               "*1\n",
                               "*1\r\nx",
                               "P",
                               "C",
                               "CON",
                               "DEL",
                               "D",
                               "G",
                               "GET",
                               "GET / HTTP/1.1\r\n",
                               "GET k\r\n",
                               "HEAD",
                               "POST",
                               "OPTIONS",
                               "SE",
                               "S",
                               "SUBSCRIBE",
                               "SUBSCRIBE x",
                               "COPY a b\r\n",
                               "PRI * HTTP/2.0",
                               "ping",
                               "get k\r\n",
                               "set k 0 0 1\r\n",
                               "PINGX",
                               "PING:",
                               "INFO / HTTP/1.1\r\n",
                               "\x16\x03\x01",
                               "\x80\x01",
                               "SSH-2.0",
                               "EHLO",
                               "A123456789012345678901234567890"})
    EXPECT_FALSE(RedisCodec::may_begin(no.data(), no.size())) << no;
}

TEST(RedisReply, OfEveryTypeIsOneAnswer) {
  for (const std::string& reply :
       {"+OK\r\n"s,
        ":-12\r\n"s,
        ":+1\r\n"s,
        ":9223372036854775807\r\n"s,
        "$0\r\n\r\n"s,
        "$5\r\na\r\nb\0\r\n"s,
        "$-1\r\n"s,
        "*-1\r\n"s,
        "*0\r\n"s,
        "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n"s,
        "_\r\n"s,
        ",3.25\r\n"s,
        ",inf\r\n"s,
        "#t\r\n"s,
        "(3492890328409238509324850943850943\r\n"s,
        "=6\r\ntxt:hi\r\n"s,
        "~2\r\n+a\r\n+b\r\n"s,
        "%1\r\n+k\r\n%1\r\n+a\r\n~0\r\n"s,
        "|1\r\n+ttl\r\n:3600\r\n$1\r\nx\r\n"s,
        "*2\r\n|1\r\n+a\r\n*1\r\n|1\r\n+b\r\n+c\r\n:1\r\n:2\r\n|0\r\n:3\r\n"s})
    EXPECT_EQ(log_of(command({"X"}) + command({"Y"}), reply + "+OK\r\n"),
              "answered in=0 [X]\nanswered in=0 [Y]\n")
        << reply;
}

TEST(RedisReply, MayBeDeep) {
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += "*1\r\n";
  EXPECT_EQ(log_of(command({"X"}), deep + ":1\r\n"), "answered in=0 [X]\n");
  EXPECT_EQ(log_of(command({"X"}), "*1\r\n" + deep + ":1\r\n"), "in flight in=0 [X]\nnot mine\n");
}

TEST(RedisReply, OfImpossibleFormIsNotMine) {
  for (const char* reply :
       {"HTTP/1.1 200 OK\r\n", "$x\r\n", "$-2\r\n", "$536870913\r\n", "$3\r\nabcd\r\n",
        "$1\r\na\rx", "%-1\r\n", "+OK\rx", "_x\r\n", "*?\r\n", "$?\r\n", "*1\r\n>0\r\n", ":\r\n",
        ":1\n", ":12345678901234567890\r\n", "\n"})
    EXPECT_EQ(log_of(command({"X"}), reply), "in flight in=0 [X]\nnot mine\n") << reply;
}

TEST(RedisReply, ToNothingIsNotMine) {
  EXPECT_EQ(log_of(command({"PING"}), "+PONG\r\n+PONG\r\n"), "answered in=0 [PING]\nnot mine\n");
  EXPECT_EQ(log_of(command({"PING"}), "+PONG\r\n-ERR x\r\n"), "answered in=0 [PING]\nnot mine\n");
}

TEST(RedisReply, ToACommandThatIsNotWholeIsARefusal) {
  EXPECT_EQ(log_of("*3\r\n$3\r\nSET\r\n$999999999\r\n", ""), "not mine\n");
  EXPECT_EQ(log_of({client("*3\r\n$3\r\nSET\r\n$9\r\n"), server("-ERR Protocol error\r\n")}),
            "answered in=0 [SET] error=ERR\nnot mine\n");
  EXPECT_EQ(log_of({client("*3\r\n$3\r\nSET\r\n$9\r\n"), server("+OK\r\n")}),
            "in flight in=0 [SET]\nnot mine\n");
}

TEST(RedisError, IsTheFirstWord) {
  const struct {
    const char* reply;
    const char* code;
  } cases[] = {{"-WRONGTYPE Operation against\r\n", "WRONGTYPE"},
               {"-ERR\r\n", "ERR"},
               {"-MOVED 3999 127.0.0.1:6381\r\n", "MOVED"},
               {"-ASK 3999 127.0.0.1:6381\r\n", "ASK"},
               {"-MY_CODE2 x\r\n", "MY_CODE2"},
               {"!21\r\nSYNTAX invalid syntax\r\n", "SYNTAX"},
               {"!4\r\nBUSY\r\n", "BUSY"},
               {"-no code\r\n", "ERR"},
               {"-Wrong\r\n", "ERR"},
               {"-\r\n", "ERR"},
               {"-AVERYLONGWORDOFMORETHANTHIRTYTWOLETTERS x\r\n", "ERR"}};
  for (const auto& one : cases)
    EXPECT_EQ(log_of(command({"GET", "k"}), one.reply),
              "answered in=0 [GET] [k] error="s + one.code + "\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
