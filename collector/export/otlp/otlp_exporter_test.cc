#include "collector/export/otlp/otlp_exporter.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "collector/export/testing/otlp_server.h"
#include "collector/export/testing/spans.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using testing::batch_of;
using testing::make_resource;
using testing::OtlpServer;

/// Longer than any test may take: nothing here depends on the time.
constexpr auto kLong = seconds(60);

class OtlpExporterTest : public ::testing::Test {
 protected:
  OtlpOptions options() const {
    OtlpOptions options;
    options.url = options.display_url = server_.url();
    options.encoding = OtlpEncoding::kJson;
    options.schedule_delay = kLong;
    options.retry = {milliseconds(1), milliseconds(2)};
    return options;
  }

  std::unique_ptr<Exporter> start(OtlpOptions options) {
    return make_otlp_exporter(std::move(options), [this](std::string_view sentence) {
      const std::lock_guard lock(mutex_);
      reports_.emplace_back(sentence);
    });
  }

  std::vector<std::string> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

  static size_t spans_in(const OtlpServer::Received& request) {
    size_t count = 0;
    const auto json = nlohmann::json::parse(request.body);
    for (const auto& resource : json["resourceSpans"])
      for (const auto& scope : resource["scopeSpans"]) count += scope["spans"].size();
    return count;
  }

  const std::shared_ptr<const Resource> resource_ = make_resource("shop");
  OtlpServer server_;

 private:
  std::mutex mutex_;
  std::vector<std::string> reports_;
};

TEST_F(OtlpExporterTest, FlushSendsWhatIsQueuedInOneRequest) {
  const auto exporter = start(options());
  EXPECT_TRUE(exporter->offer(batch_of(1, 2, resource_)));
  EXPECT_TRUE(exporter->offer(batch_of(2, 3, resource_)));
  EXPECT_EQ(exporter->done_sequence(), 0u);
  EXPECT_TRUE(exporter->flush(kLong));
  ASSERT_EQ(server_.received().size(), 1u);
  EXPECT_EQ(spans_in(server_.received()[0]), 5u);
  EXPECT_EQ(exporter->done_sequence(), 2u);
  EXPECT_EQ(exporter->statistics().exported, 5u);
  EXPECT_EQ(exporter->statistics().queued, 0u);
}

TEST_F(OtlpExporterTest, FullBatchIsSentWithoutWaitingForTheSchedule) {
  OtlpOptions small = options();
  small.batch_spans = 4;
  const auto exporter = start(small);
  exporter->offer(batch_of(1, 3, resource_));
  exporter->offer(batch_of(2, 3, resource_));
  ASSERT_TRUE(server_.wait_for(1));
  EXPECT_EQ(spans_in(server_.received()[0]), 4u);
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(spans_in(server_.received()[1]), 2u);
}

TEST_F(OtlpExporterTest, ScheduleSendsAPartialBatch) {
  OtlpOptions prompt = options();
  prompt.schedule_delay = milliseconds(1);
  const auto exporter = start(prompt);
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_TRUE(server_.wait_for(1));
}

TEST_F(OtlpExporterTest, NothingIsSentWhenThereIsNothing) {
  const auto exporter = start(options());
  EXPECT_TRUE(exporter->flush(kLong));
  exporter->offer(batch_of(1, 0, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->done_sequence(), 1u);
  EXPECT_TRUE(server_.received().empty());
}

TEST_F(OtlpExporterTest, HeadersAreThoseOfOtlpAndOfTheUser) {
  OtlpOptions with_headers = options();
  with_headers.encoding = OtlpEncoding::kProtobuf;
  with_headers.headers = {{"Authorization", "Bearer t0ken"}};
  const auto exporter = start(with_headers);
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  const auto request = server_.received().at(0);
  EXPECT_EQ(request.path, "/v1/traces");
  EXPECT_EQ(request.header("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(request.header("User-Agent"), "seamtrace/" SEAMTRACE_VERSION);
  EXPECT_EQ(request.header("Authorization"), "Bearer t0ken");
  EXPECT_FALSE(request.headers.contains("Expect"));
  EXPECT_FALSE(request.headers.contains("Content-Encoding"));
  EXPECT_FALSE(request.headers.contains("traceparent"));
}

TEST_F(OtlpExporterTest, GzipIsUnderstoodByTheServer) {
  OtlpOptions compressed = options();
  compressed.compress = true;
  const auto exporter = start(compressed);
  exporter->offer(batch_of(1, 200, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  const auto request = server_.received().at(0);
  EXPECT_EQ(request.header("Content-Encoding"), "gzip");
  EXPECT_LT(std::stoul(request.header("Content-Length")), request.body.size() / 3);
  EXPECT_EQ(spans_in(request), 200u);
}

TEST_F(OtlpExporterTest, OneConnectionIsKeptForAllRequests) {
  const auto exporter = start(options());
  std::set<int> ports;
  for (uint64_t i = 1; i <= 5; ++i) {
    exporter->offer(batch_of(i, 1, resource_));
    EXPECT_TRUE(exporter->flush(kLong));
  }
  for (const auto& request : server_.received()) ports.insert(request.peer_port);
  EXPECT_EQ(server_.received().size(), 5u);
  EXPECT_EQ(ports.size(), 1u);
}

TEST_F(OtlpExporterTest, RetriesUntilTheServerRecovers) {
  const auto exporter = start(options());
  server_.answer({{503}, {429}, {502}, {504}});
  exporter->offer(batch_of(1, 2, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(server_.received().size(), 5u);
  EXPECT_EQ(server_.received().front().body, server_.received().back().body);
  EXPECT_EQ(exporter->statistics().retries, 4u);
  EXPECT_EQ(exporter->statistics().exported, 2u);
  EXPECT_TRUE(exporter->statistics().last_error.empty());
}

TEST_F(OtlpExporterTest, OtherErrorsAreNotRetried) {
  const auto exporter = start(options());
  server_.answer({{400, "bad\x1b[2J", "text/plain", {}}, {500}, {404}});
  for (uint64_t i = 1; i <= 3; ++i) {
    exporter->offer(batch_of(i, 2, resource_));
    EXPECT_TRUE(exporter->flush(kLong));
  }
  EXPECT_EQ(server_.received().size(), 3u);
  EXPECT_EQ(exporter->statistics().dropped.at("rejected"), 6u);
  EXPECT_EQ(exporter->statistics().exported, 0u);
  EXPECT_EQ(exporter->done_sequence(), 3u);
  ASSERT_EQ(reports().size(), 1u) << "reports come at most once in ten seconds";
  EXPECT_NE(reports()[0].find("400"), std::string::npos);
  EXPECT_EQ(reports()[0].find('\x1b'), std::string::npos);
}

TEST_F(OtlpExporterTest, RetryAfterIsHonouredEvenWhenFlushed) {
  const auto exporter = start(options());
  server_.answer({{503, "", "text/plain", {{"Retry-After", "3600"}}}});
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_FALSE(exporter->flush(milliseconds(200)));
  EXPECT_FALSE(exporter->flush(milliseconds(200)));
  EXPECT_EQ(server_.received().size(), 1u);
  EXPECT_EQ(exporter->statistics().retries, 1u);
}

TEST_F(OtlpExporterTest, RetryAfterOfZeroRetriesAtOnce) {
  OtlpOptions patient = options();
  patient.retry = {std::chrono::hours(1), std::chrono::hours(1)};
  const auto exporter = start(patient);
  server_.answer({{503, "", "text/plain", {{"Retry-After", "0"}}}});
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(server_.received().size(), 2u);
}

TEST_F(OtlpExporterTest, FlushCutsOwnBackOffShort) {
  OtlpOptions patient = options();
  patient.export_timeout = std::chrono::hours(2);
  patient.retry = {std::chrono::hours(1), std::chrono::hours(1)};
  const auto exporter = start(patient);
  server_.answer({{503}});
  exporter->offer(batch_of(1, 1, resource_));
  exporter->flush(milliseconds(0));
  ASSERT_TRUE(server_.wait_for(1));
  // The retry is counted just before the pause begins.
  while (exporter->statistics().retries == 0) std::this_thread::yield();
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(server_.received().size(), 2u);
}

TEST_F(OtlpExporterTest, PartialSuccessIsCountedAndNotRetried) {
  const auto exporter = start(options());
  server_.answer({{200,
                   R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})",
                   "application/json",
                   {}}});
  exporter->offer(batch_of(1, 5, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(server_.received().size(), 1u);
  EXPECT_EQ(exporter->statistics().exported, 2u);
  EXPECT_EQ(exporter->statistics().dropped.at("partial_success"), 3u);
  ASSERT_EQ(reports().size(), 1u);
  EXPECT_NE(reports()[0].find("too old"), std::string::npos);
}

TEST_F(OtlpExporterTest, PartialSuccessInProtobufIsCountedToo) {
  OtlpOptions protobuf = options();
  protobuf.encoding = OtlpEncoding::kProtobuf;
  const auto exporter = start(protobuf);
  server_.answer({{200, "\x0a\x07\x08\x02\x12\x03old", "application/x-protobuf", {}}});
  exporter->offer(batch_of(1, 5, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->statistics().exported, 3u);
  EXPECT_EQ(exporter->statistics().dropped.at("partial_success"), 2u);
}

TEST_F(OtlpExporterTest, FullQueueRefusesAndTakesTheBatchLater) {
  OtlpOptions small = options();
  small.queue_spans = 4;
  small.batch_spans = 2;
  server_.hold();
  const auto exporter = start(small);
  EXPECT_TRUE(exporter->offer(batch_of(1, 4, resource_)));
  ASSERT_TRUE(server_.wait_for(1));
  EXPECT_FALSE(exporter->offer(batch_of(2, 1, resource_)));
  EXPECT_EQ(exporter->statistics().queued, 4u);
  server_.release();
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_TRUE(exporter->offer(batch_of(2, 1, resource_)));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->statistics().exported, 5u);
  EXPECT_TRUE(exporter->statistics().dropped.empty());
}

TEST_F(OtlpExporterTest, GivesUpAfterTheExportTimeout) {
  OtlpOptions hurried = options();
  hurried.export_timeout = milliseconds(30);
  server_.answer(std::deque<Answer>(10'000, Answer{503, "", "text/plain", {}}));
  const auto exporter = start(hurried);
  exporter->offer(batch_of(1, 2, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->statistics().dropped.at("timeout"), 2u);
  EXPECT_GE(exporter->statistics().retries, 1u);
  EXPECT_NE(exporter->statistics().last_error.find("503"), std::string::npos);
}

TEST_F(OtlpExporterTest, UnreachableServerIsRetriedThenDropped) {
  // A port that is bound but not listening refuses connections and cannot be taken by others.
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  OtlpOptions hurried = options();
  hurried.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  hurried.export_timeout = milliseconds(50);
  const auto exporter = start(hurried);
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->statistics().dropped.at("timeout"), 1u);
  EXPECT_GE(exporter->statistics().retries, 1u);
  ::close(socket);
}

TEST_F(OtlpExporterTest, CertificateThatIsMissingIsNotRetried) {
  OtlpOptions secure = options();
  secure.url = "https" + secure.url.substr(4);
  secure.tls.certificate = "/nonexistent/roots.pem";
  const auto exporter = start(secure);
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->statistics().dropped.at("unsendable"), 1u);
  EXPECT_EQ(exporter->statistics().retries, 0u);
}

TEST_F(OtlpExporterTest, EndDoesNotWaitForAServerThatNeverAnswers) {
  server_.hold();
  auto exporter = start(options());
  exporter->offer(batch_of(1, 1, resource_));
  EXPECT_FALSE(exporter->flush(milliseconds(1)));
  ASSERT_TRUE(server_.wait_for(1));
  const auto before = std::chrono::steady_clock::now();
  exporter.reset();
  // The server would hold the request for ever; the limit only tells "at once" from that.
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(10));
}

}  // namespace
}  // namespace seamtrace::collector
