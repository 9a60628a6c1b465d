#include <gtest/gtest.h>

#include <algorithm>

#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"
#include "collector/query/traces/traces.h"

namespace seamtrace::collector::traces {
namespace {

using nlohmann::json;
using testing::MemoryStore;

class CompleteTest : public ::testing::Test {
 protected:
  CompleteTest() {
    store_.keys = {"http.route", "http.response.status_code", "service.name", "odd key", "name"};
    store_.values["service.name"] = {"gateway", "cart"};
    store_.values["http.route"] = {"/cart", "/a b", "*"};
    add("cart", "GET /items", 5);
    add("cart", "SELECT shop", 9);
    add("gateway", "GET /cart", 7);
    add("billing", "POST /bill", 1);
    EdgeRollup edge;
    edge.from = "cart";
    edge.to = {NodeKind::kCache, "redis", "redis 127.0.0.1:6379"};
    edge.minute_unix_s = testing::kTraceStart / testing::kSecond;
    store_.all_edges.push_back(edge);
  }

  void add(const std::string& service, const std::string& name, uint64_t count) {
    Rollup rollup;
    rollup.operation = {service, name, SpanKind::kServer, {}};
    rollup.minute_unix_s = testing::kTraceStart / testing::kSecond;
    rollup.count = count;
    store_.all_rollups.push_back(rollup);
  }

  /// `|` stands for the cursor.
  json ask(std::string query) {
    const size_t cursor = query.find('|');
    query.erase(cursor, 1);
    std::map<std::string, std::string> parameters = {{"query", query},
                                                     {"position", std::to_string(cursor)}};
    const QueryAnswer answer =
        complete(store_, {parameters, testing::kTraceStart + testing::kSecond});
    EXPECT_EQ(answer.status, 200) << answer.body;
    query_ = query;
    return answer.body;
  }
  std::vector<std::string> texts(const std::string& query) {
    std::vector<std::string> texts;
    const json body = ask(query);
    for (const json& suggestion : body["suggestions"]) texts.push_back(suggestion["text"]);
    return texts;
  }
  bool offers(const std::string& query, const std::string& text) {
    const auto all = texts(query);
    return std::find(all.begin(), all.end(), text) != all.end();
  }
  /// The query with the first suggestion taken.
  std::string taken(const std::string& query) {
    const json body = ask(query);
    if (body["suggestions"].empty()) return "(nothing)";
    const size_t from = body["from"], to = body["to"];
    return query_.substr(0, from) + body["suggestions"][0]["text"].get<std::string>() +
           query_.substr(to);
  }

  MemoryStore store_;
  std::string query_;
};

using Texts = std::vector<std::string>;

TEST_F(CompleteTest, AnEmptyQueryIsOfferedEveryKey) {
  EXPECT_TRUE(offers("|", "service="));
  EXPECT_TRUE(offers("|", "duration>"));
  EXPECT_TRUE(offers("|", "http.route="));
  EXPECT_TRUE(offers("status=error |", "service="));
}

TEST_F(CompleteTest, AKeyIsCompletedInPlace) {
  EXPECT_EQ(taken("serv|"), "service=");
  EXPECT_EQ(taken("-serv|"), "-service=");
  EXPECT_EQ(taken("status=error http.ro| kind=client"), "status=error http.route= kind=client");
  EXPECT_EQ(taken("assoc|=x"), "association=x");
  EXPECT_EQ(taken("status_c|"), "http.response.status_code=");
}

TEST_F(CompleteTest, AKeyThatMeansSomethingElseIsQuoted) {
  EXPECT_TRUE(offers("odd|", "\"odd key\"="));
  EXPECT_TRUE(offers("name|", "\"name\"="));
}

TEST_F(CompleteTest, BehindAWholeKeyOperatorsAreOffered) {
  const Texts offered = texts("duration|");
  EXPECT_TRUE(std::count(offered.begin(), offered.end(), "duration>=") == 1);
  EXPECT_TRUE(std::count(offered.begin(), offered.end(), "duration~") == 0);
  EXPECT_TRUE(offers("http.route|", "http.route~"));
  EXPECT_FALSE(offers("status|", "status>"));
}

TEST_F(CompleteTest, ServicesAndOperationsAreOfferedAsValues) {
  EXPECT_EQ(texts("service=|"), (Texts{"gateway", "cart", "billing"}));
  EXPECT_EQ(texts("service=car|"), (Texts{"cart"}));
  EXPECT_EQ(texts("service=cart name=|"), (Texts{"\"SELECT shop\"", "\"GET /items\""}));
  EXPECT_EQ(texts("operation=\"get |"), (Texts{"\"GET /cart\"", "\"GET /items\""}));
  EXPECT_EQ(taken("name=\"GET /c| status=error"), "name=\"GET /cart\" status=error");
  EXPECT_EQ(taken("name=\"GET /c|\" status=error"), "name=\"GET /cart\" status=error");
}

TEST_F(CompleteTest, ValuesThatTheLanguageKnowsAreOffered) {
  EXPECT_EQ(texts("kind=c|"), (Texts{"client", "consumer", "producer"}));
  EXPECT_EQ(texts("-status=|"), (Texts{"error", "ok", "unset"}));
  EXPECT_EQ(texts("association=inf|"), (Texts{"inferred"}));
  EXPECT_TRUE(offers("peer=red|", "\"redis 127.0.0.1:6379\""));
  EXPECT_TRUE(offers("peer=|", "database"));
  EXPECT_TRUE(offers("peer.id=|", "\"cache:redis 127.0.0.1:6379\""));
}

TEST_F(CompleteTest, AnAttributesValuesAreOfferedAsTheyMustBeWritten) {
  EXPECT_EQ(texts("http.route=|"), (Texts{"/cart", "\"/a b\"", "\"\\*\""}));
  EXPECT_EQ(taken("http.route!=/ca|r"), "http.route!=/cart");
}

TEST_F(CompleteTest, TextAloneIsOfferedWhatItIsPartOf) {
  EXPECT_TRUE(offers("gate|", "service=gateway"));
  EXPECT_TRUE(offers("items|", "operation=\"GET /items\""));
}

TEST_F(CompleteTest, NothingIsOfferedWithinAnOperator) {
  EXPECT_EQ(texts("http.route>|=5").size(), 0u);
}

TEST_F(CompleteTest, PlacesCountUtf16) {
  const std::map<std::string, std::string> parameters = {{"query", "name=\xF0\x9F\x98\x80 serv"},
                                                         {"position", "11"}};
  const json body = complete(store_, {parameters, testing::kTraceStart}).body;
  EXPECT_EQ(body["from"], 8);
  EXPECT_EQ(body["to"], 12);
  EXPECT_EQ(body["suggestions"][0]["text"], "service=");
}

TEST_F(CompleteTest, WithoutAPositionTheEndIsMeant) {
  const std::map<std::string, std::string> parameters = {{"query", "kind=cl"}};
  const json body = complete(store_, {parameters, testing::kTraceStart}).body;
  EXPECT_EQ(body["suggestions"][0]["text"], "client");
  const std::map<std::string, std::string> beyond = {{"query", "kind=cl"}, {"position", "99"}};
  EXPECT_EQ(complete(store_, {beyond, testing::kTraceStart}).body, body);
}

}  // namespace
}  // namespace seamtrace::collector::traces
