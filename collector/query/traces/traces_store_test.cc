// The same questions to the real store: that it keeps what the one in memory keeps for other tests.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "collector/query/language/parser.h"
#include "collector/query/language/trace_match.h"
#include "collector/query/query_api.h"
#include "collector/query/question.h"
#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"
#include "collector/query/traces/search.h"
#include "collector/store/database.h"

namespace seamtrace::collector::traces {
namespace {

using nlohmann::json;
using testing::kSecond;
using testing::kTraceStart;
using testing::TraceMaker;

/// Gives `list` to a store as the pipeline does.
BatchPtr batch_of(SpanList list) {
  auto batch = std::make_shared<Batch>();
  batch->list = std::move(list);
  return batch;
}

class TracesStoreTest : public ::testing::Test {
 protected:
  TracesStoreTest() : path_(::testing::TempDir() + "/traces." + std::to_string(getpid()) + ".db") {
    remove_files();
    auto opened = Store::open({.path = path_});
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }
  ~TracesStoreTest() override {
    store_.reset();
    remove_files();
  }
  void remove_files() {
    for (const char* ending : {"", "-wal", "-shm"}) std::remove((path_ + ending).c_str());
  }

  /// To the store, and to one in memory.
  void write(SpanList list) {
    SpanList copy;
    testing::copy_spans(list, copy);
    memory_.add(std::move(copy));
    const auto error = store_->write({batch_of(std::move(list))});
    ASSERT_FALSE(error) << error->message;
  }

  static SpanList shop(uint64_t number) {
    TraceMaker trace(number, kTraceStart + number * kSecond);
    trace.add("web", number % 4 == 0 ? "GET /cart" : "GET /", SpanKind::kServer, 0, 30);
    trace.set("http.response.status_code", int64_t{number % 5 == 0 ? 503 : 200});
    if (number % 5 == 0) trace.error("too \"busy\" \xC3\xBC");
    trace.add("web", "GET", SpanKind::kClient, 2, 20, 1);
    trace.set("server.address", "cart").set("server.port", int64_t{8080});
    trace.add("cart", "GET /items", SpanKind::kServer, 4, 15, 2);
    const std::string_view tags[] = {"blue", "green"};
    trace.set("tags", std::span<const std::string_view>(tags)).set("share", 0.125);
    trace.set("number", static_cast<int64_t>(number)).set("cached", number % 2 == 0);
    trace.add("cart", "HGETALL", SpanKind::kClient, 6, 1, 3);
    trace.set("db.system.name", "redis").set("server.address", "127.0.0.1");
    if (number % 7 == 0) trace.set("rare", "needle " + std::to_string(number));
    return trace.take();
  }

  static json ask(StoreReader& reader, const std::string& path,
                  const std::map<std::string, std::string>& parameters) {
    const QueryAnswer answer = QueryApi(reader).get(path, parameters, kTraceStart + 1000 * kSecond);
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    return answer.body;
  }

  /// The rows of the traces that match.
  static std::vector<int64_t> find(StoreReader& reader, const char* query,
                                   uint64_t spans_before_rollups) {
    SearchRequest request;
    request.query = std::get<Query>(parse_query(query));
    request.most = 2000;
    request.limits.spans_before_rollups = spans_before_rollups;
    const auto result = search(reader, request);
    EXPECT_TRUE(result);
    std::vector<int64_t> rows;
    for (const TraceRow& row : result->rows) rows.push_back(row.row);
    return rows;
  }

  std::string path_;
  std::unique_ptr<Store> store_;
  testing::MemoryStore memory_;
};

TEST_F(TracesStoreTest, TheStoreAndTheOneInMemoryAnswerAlike) {
  for (uint64_t i = 1; i <= 60; ++i) write(shop(i));
  auto reader = StoreReader::open(path_);
  ASSERT_TRUE(reader);
  for (const char* query : {"",
                            "service=cart",
                            "status=error",
                            "status=error service=web",
                            "status=error service=cart",
                            "rare=*",
                            "rare~NEEDLE",
                            "needle",
                            "\"needle 14\"",
                            "number>30",
                            "cached=true number<=10",
                            "peer=redis",
                            "peer=cart service=web",
                            "peer=8080",
                            "tags=green share<0.2",
                            "busy",
                            "http.response.status_code>=500",
                            "-http.response.status_code=200 kind=server",
                            "root.name=\"GET /cart\" rare=*",
                            "trace.errors>0",
                            "duration>=30ms",
                            "duration>30ms",
                            "operation=HGETALL association=exact",
                            "process.pid=4711 number=3",
                            "nowhere"}) {
    const std::map<std::string, std::string> parameters = {{"query", query}, {"limit", "2000"}};
    json real = ask(**reader, "traces", parameters);
    json memory = ask(memory_, "traces", parameters);
    EXPECT_EQ(real, memory) << query;
  }
  const std::string id = json_id(testing::trace_number(35)).get<std::string>();
  for (const std::string& path :
       {"trace/" + id, "trace/" + id + "/otlp", "trace/" + id + "/typical"})
    EXPECT_EQ(ask(**reader, path, {}), ask(memory_, path, {})) << path;
}

TEST_F(TracesStoreTest, RollUpsRuleOutNothingThatMatches) {
  for (uint64_t i = 1; i <= 60; ++i) write(shop(1 + (i - 1) * 10));  // ten minutes
  auto reader = StoreReader::open(path_);
  ASSERT_TRUE(reader);
  for (const char* query :
       {"service=cart status=error", "operation=\"GET /cart\" rare=*", "kind=client number>0",
        "service=cart kind=server number<200", "status!=error needle", "-service=web share>0",
        "service=web status=error kind=server http.response.status_code=503"})
    EXPECT_EQ(find(**reader, query, 0), find(**reader, query, UINT64_MAX)) << query;
}

TEST_F(TracesStoreTest, RollUpsThatAreGoneRuleOutNothing) {
  for (uint64_t i = 1; i <= 60; ++i) write(shop(1 + (i - 1) * 10));
  auto reader = StoreReader::open(path_);
  ASSERT_TRUE(reader);
  auto database = store::Database::open(path_, store::Database::Mode::kWrite);
  ASSERT_TRUE(database);
  const char* query = "service=cart name=HGETALL db.system.name=redis";
  const auto all = find(**reader, query, UINT64_MAX);
  EXPECT_EQ(all.size(), 60u);
  // As a cleaning leaves them: the oldest go first, a part of a minute at a time.
  for (int i = 0; (*database)->integer("SELECT count(*) FROM rollup") > 0; ++i) {
    EXPECT_EQ(find(**reader, query, 0), all) << i << " removed";
    (*database)->run(
        "DELETE FROM rollup WHERE (minute, entry) IN (SELECT minute, entry FROM rollup "
        "ORDER BY minute, entry LIMIT 1)");
  }
  EXPECT_EQ(find(**reader, query, 0), all) << "none is left";
}

TEST_F(TracesStoreTest, OperationsThatTheStoreNoLongerTellsApartAreFound) {
  constexpr uint64_t kOperations = 20'100;  // more than the store keeps
  SpanList list;
  for (uint64_t i = 1; i <= kOperations; ++i) {
    TraceMaker trace(i, kTraceStart + i);
    trace.add("web", "operation " + std::to_string(i), SpanKind::kServer, 0, 1);
    testing::copy_spans(trace.take(), list);
    // Real ids differ in their first half too.
    list.spans.back().trace_id[1] = static_cast<uint8_t>(i >> 8);
    list.spans.back().trace_id[2] = static_cast<uint8_t>(i);
  }
  ASSERT_FALSE(store_->write({batch_of(std::move(list))}));
  auto reader = StoreReader::open(path_);
  ASSERT_TRUE(reader);
  const json others = ask(**reader, "traces", {{"query", "trace.spans=1"}, {"limit", "1"}});
  EXPECT_EQ(others["traces"][0]["name"], kOtherOperations);
  for (const char* query : {"operation=\"operation 20050\"", "root.name=\"operation 20050\"",
                            "operation=\"operation 20050\" kind=server status!=error"}) {
    EXPECT_EQ(ask(**reader, "traces", {{"query", query}})["traces"].size(), 1u) << query;
    SearchRequest request;
    request.query = std::get<Query>(parse_query(query));
    request.limits.spans_before_rollups = 0;
    EXPECT_EQ(search(**reader, request)->rows.size(), 1u) << query;
  }
}

TEST_F(TracesStoreTest, ALateSpanIsAChange) {
  write(shop(1));
  write(shop(2));
  auto reader = StoreReader::open(path_);
  ASSERT_TRUE(reader);
  const std::string change = std::to_string(ask(**reader, "traces", {})["change"].get<uint64_t>());
  EXPECT_EQ(ask(**reader, "traces", {{"after", change}})["traces"].size(), 0u);
  TraceMaker late(1, kTraceStart + kSecond);
  for (uint64_t i = 0; i < 4; ++i) late.add("web", "known", SpanKind::kInternal, 0, 1);
  late.add("mail", "send", SpanKind::kInternal, 5, 500, 1);
  write(late.take());
  const json body = ask(**reader, "traces", {{"after", change}});
  ASSERT_EQ(body["traces"].size(), 1u);
  EXPECT_EQ(body["traces"][0]["spans"], 5);
  EXPECT_EQ(body["traces"][0]["services"], json({"cart", "mail", "web"}));
}

TEST_F(TracesStoreTest, CompletionKnowsWhatWasStored) {
  for (uint64_t i = 1; i <= 10; ++i) write(shop(i));
  auto reader = StoreReader::open(path_);
  ASSERT_TRUE(reader);
  const auto texts = [&](const std::string& query) {
    std::vector<std::string> found;
    const json body = ask(**reader, "complete", {{"query", query}});
    for (const json& suggestion : body["suggestions"]) found.push_back(suggestion["text"]);
    return found;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("rar"), (Texts{"rare="}));
  EXPECT_EQ(texts("rare="), (Texts{"\"needle 7\""}));
  EXPECT_EQ(texts("service=w"), (Texts{"web"}));
  EXPECT_EQ(texts("service=cart name="), (Texts{"\"GET /items\"", "HGETALL"}));
  EXPECT_EQ(texts("peer=red").size(), 1u);
}

TEST_F(TracesStoreTest, AHostileTraceIsShown) {
  TraceMaker trace(1);
  trace.add("w\xFF", "\xC3\x28<script>", SpanKind::kServer, 0, 1);
  const std::string megabyte(1 << 20, '\xE2');
  trace.set("big", std::string_view(megabyte)).error("\x80");
  ASSERT_FALSE(store_->write({batch_of(trace.take())}));
  auto reader = StoreReader::open(path_);
  const std::string id = json_id(testing::trace_number(1)).get<std::string>();
  for (const std::string& path : {std::string("traces"), "trace/" + id, "trace/" + id + "/otlp"})
    EXPECT_NO_THROW(ask(**reader, path, {}).dump()) << path;
}

}  // namespace
}  // namespace seamtrace::collector::traces
