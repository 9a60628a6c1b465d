#include "collector/pipeline.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <thread>

#include "collector/query/status_client.h"
#include "collector/query/status_socket.h"
#include "collector/ring_reader/testing/record_builder.h"
#include "collector/ring_reader/testing/segment_builder.h"
#include "collector/support/directory.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::ChannelDirectory;
using testing::RecordBuilder;
using testing::SegmentBuilder;

constexpr milliseconds kPatience{10'000};

std::string record(uint64_t number) {
  return RecordBuilder(number)
      .request("GET /a?sig=secret HTTP/1.1")
      .request_header("Host: h")
      .bytes();
}

/// Takes batches; exports them when it is allowed to.
class FakeExporter : public Exporter {
 public:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<BatchPtr> batches;
    size_t most_batches = SIZE_MAX;  ///< the queue's room
    bool exports = true;
    bool sequence_broken = false;
    uint64_t flushes = 0;

    size_t spans() {
      const std::lock_guard lock(mutex);
      size_t count = 0;
      for (const BatchPtr& batch : batches) count += batch->list.spans.size();
      return count;
    }
  };

  explicit FakeExporter(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::string_view name() const override { return "fake"; }
  bool offer(BatchPtr batch) override {
    const std::lock_guard lock(state_->mutex);
    if (state_->batches.size() >= state_->most_batches) return false;
    state_->sequence_broken |= batch->sequence != state_->batches.size() + 1;
    state_->batches.push_back(std::move(batch));
    state_->changed.notify_all();
    return true;
  }
  uint64_t done_sequence() const override {
    const std::lock_guard lock(state_->mutex);
    return state_->exports ? state_->batches.size() : 0;
  }
  bool flush(milliseconds) override {
    const std::lock_guard lock(state_->mutex);
    ++state_->flushes;
    return state_->exports;
  }
  ExporterStatistics statistics() const override {
    ExporterStatistics statistics;
    statistics.exported = state_->spans();
    statistics.dropped["test"] = 3;
    return statistics;
  }

 private:
  std::shared_ptr<State> state_;
};

class PipelineTest : public ::testing::Test {
 protected:
  void start(Configuration::Environment environment = {}) {
    environment["SEAMTRACE_DIR"] = directory_.base();
    CollectorOptions options;
    options.configuration = Configuration::from(std::move(environment));
    options.exporters.push_back(std::make_unique<FakeExporter>(exporter_));
    auto created = Collector::create(std::move(options));
    ASSERT_TRUE(created) << created.error().message;
    collector_ = std::move(*created);
    thread_ = std::thread([this] { collector_->run(); });
  }
  void drain() {
    collector_->drain_and_stop(kPatience);
    join();
  }
  void stop() {
    collector_->stop();
    join();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
    collector_.reset();
  }
  void TearDown() override {
    if (collector_ != nullptr) stop();
  }
  bool wait_for_spans(size_t count) {
    return wait_until([&] { return exporter_->spans() >= count; });
  }
  static bool wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
      ::usleep(2000);
    }
    return false;
  }
  Result<json> ask(const json& request) {
    auto client = StatusClient::connect(directory_.base(), ::geteuid());
    if (!client) return client.error();
    return client->ask(request, kPatience);
  }
  SegmentBuilder::Options run(const std::string& id) {
    SegmentBuilder::Options options;
    options.environment = {{"SEAMTRACE_RUN_ID", id}, {"OTEL_SERVICE_NAME", "cart"}};
    return options;
  }

  ChannelDirectory directory_;
  std::shared_ptr<FakeExporter::State> exporter_ = std::make_shared<FakeExporter::State>();
  std::unique_ptr<Collector> collector_;
  std::thread thread_;
};

TEST_F(PipelineTest, RecordsComeOutAsSpans) {
  SegmentBuilder builder(directory_, run("r"));
  builder.append(record(1));
  start();
  ASSERT_TRUE(wait_for_spans(1));
  const Span& span = exporter_->batches[0]->list.spans[0];
  EXPECT_EQ(span.name, "GET");
  ASSERT_NE(span.resource, nullptr);
  EXPECT_EQ(span.resource->service_name(), "cart");
  ASSERT_TRUE(wait_until([&] { return builder.descriptor(0).consumed == record(1).size(); }));
}

TEST_F(PipelineTest, CallsToDataStoresComeOutByTheirOwnConventionsAndTheOperatorsWishes) {
  SegmentBuilder builder(directory_, run("r"));
  wire::DatabaseFacts facts{};
  facts.flags = wire::kFlagRowsKnown;
  facts.rows = 3;
  builder.append(RecordBuilder::database(wire::Protocol::kPostgresql, 5432)
                     .statement("SELECT * FROM t WHERE a = 'secret'")
                     .facts(facts)
                     .bytes());
  builder.append(record(2));
  start({{"SEAMTRACE_DATABASE_ROWS", "true"}});
  ASSERT_TRUE(wait_for_spans(2));
  std::set<std::string> names;
  bool rows = false;
  for (const BatchPtr& batch : exporter_->batches) {
    for (const Span& span : batch->list.spans) {
      names.emplace(span.name);
      for (const Attribute& attribute : span.attributes)
        rows = rows || attribute.key == "db.response.returned_rows";
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"SELECT t", "GET"}));
  EXPECT_TRUE(rows);
}

TEST_F(PipelineTest, AllRecordsComeOutOnceAndInConsecutiveBatches) {
  constexpr size_t kCount = 5000;
  SegmentBuilder builder(directory_);
  start({{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100"}});
  for (size_t i = 1; i <= kCount; ++i) ASSERT_TRUE(builder.append(record(i)));
  ASSERT_TRUE(wait_for_spans(kCount));
  drain();
  EXPECT_EQ(exporter_->spans(), kCount);
  EXPECT_FALSE(exporter_->sequence_broken);
  std::set<SpanId> ids;
  for (const BatchPtr& batch : exporter_->batches) {
    EXPECT_LE(batch->list.spans.size(), 100u);
    for (const Span& span : batch->list.spans) ids.insert(span.span_id);
  }
  EXPECT_EQ(ids.size(), kCount);
}

TEST_F(PipelineTest, AFullExporterLeavesRecordsInSharedMemory) {
  exporter_->most_batches = 1;
  SegmentBuilder builder(directory_);
  for (uint64_t i = 1; i <= 30; ++i) builder.append(record(i));
  start({{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10"}});
  ASSERT_TRUE(wait_for_spans(10));
  // The second batch is refused; what is behind it is not read.
  ASSERT_TRUE(wait_until([&] { return collector_->statistics().reader.records == 20; }));
  EXPECT_EQ(exporter_->spans(), 10u);
  ASSERT_TRUE(wait_until([&] { return builder.descriptor(0).consumed == 10 * record(1).size(); }));
  {
    const std::lock_guard lock(exporter_->mutex);
    exporter_->most_batches = SIZE_MAX;
  }
  ASSERT_TRUE(wait_for_spans(30));
}

TEST_F(PipelineTest, AKilledCollectorsSuccessorExportsWhatWasNotDone) {
  exporter_->exports = false;
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  start();
  ASSERT_TRUE(wait_for_spans(1));
  stop();
  EXPECT_EQ(builder.descriptor(0).consumed, 0u);
  exporter_ = std::make_shared<FakeExporter::State>();
  start();
  ASSERT_TRUE(wait_for_spans(1));
  ASSERT_TRUE(wait_until([&] { return builder.descriptor(0).consumed == record(1).size(); }));
}

TEST_F(PipelineTest, DrainingExportsWhatIsThereAndAcknowledgesIt) {
  SegmentBuilder builder(directory_);
  start();
  for (uint64_t i = 1; i <= 700; ++i) builder.append(record(i));
  drain();
  EXPECT_EQ(exporter_->spans(), 700u);
  EXPECT_GT(exporter_->flushes, 0u);
  EXPECT_TRUE(builder.file_exists());
  exporter_ = std::make_shared<FakeExporter::State>();
  start();
  drain();
  EXPECT_EQ(exporter_->spans(), 0u);
}

TEST_F(PipelineTest, DrainingEndsAtItsLimitWhenTheBackEndIsStuck) {
  exporter_->exports = false;
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  start();
  collector_->drain_and_stop(milliseconds{50});
  join();
  EXPECT_EQ(builder.descriptor(0).consumed, 0u);
}

TEST_F(PipelineTest, OneCollectorServesAUser) {
  start();
  CollectorOptions options;
  options.configuration = Configuration::from({{"SEAMTRACE_DIR", directory_.base()}});
  const auto second = Collector::create(std::move(options));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
}

TEST_F(PipelineTest, AMissingBaseDirectoryIsAnErrorThatNamesIt) {
  CollectorOptions options;
  options.configuration = Configuration::from({{"SEAMTRACE_DIR", "/nonexistent/base"}});
  const auto created = Collector::create(std::move(options));
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().message.find("/nonexistent/base"), std::string::npos);
}

TEST_F(PipelineTest, StatusTellsOfProcessesAndExporters) {
  SegmentBuilder builder(directory_, run("r1"));
  builder.count(wire::Counter::connections, 5);
  builder.activate_slot(0, record(9));
  builder.append(record(1));
  start({{"OTEL_BSP_MAX_QUEUE_SIZE", "nonsense"}});
  ASSERT_TRUE(wait_for_spans(1));
  const auto answer = ask({{"command", "status"}});
  ASSERT_TRUE(answer) << answer.error().message;
  const json& status = *answer;
  ASSERT_EQ(status["processes"].size(), 1u);
  const json& process = status["processes"][0];
  EXPECT_EQ(process["pid"], ::getpid());
  EXPECT_EQ(process["service"], "cart");
  EXPECT_EQ(process["executable"], "shop");
  EXPECT_EQ(process["command"], "/usr/bin/shop --port 8080");
  EXPECT_EQ(process["run_id"], "r1");
  EXPECT_EQ(process["alive"], true);
  EXPECT_EQ(process["spans"], 1);
  EXPECT_EQ(process["in_flight"], 1);
  EXPECT_EQ(process["sampler"], "parentbased_always_on");
  EXPECT_EQ(process["counters"], json({{"connections", 5}}));
  EXPECT_EQ(status["exporters"][0]["name"], "fake");
  EXPECT_EQ(status["exporters"][0]["dropped"]["test"], 3);
  EXPECT_EQ(status["collector"]["pid"], ::getpid());
  EXPECT_EQ(status["warnings"].size(), 1u);

  const auto in_flight = ask({{"command", "in_flight"}});
  ASSERT_TRUE(in_flight);
  ASSERT_EQ((*in_flight)["requests"].size(), 1u);
  EXPECT_EQ((*in_flight)["requests"][0]["name"], "GET /a");
  EXPECT_EQ((*in_flight)["requests"][0]["kind"], "server");
}

TEST_F(PipelineTest, ARunningProcessCanBeSwitchedOff) {
  SegmentBuilder builder(directory_);
  builder.append(record(1));
  start();
  ASSERT_TRUE(wait_for_spans(1));
  const auto answer = ask({{"command", "set"},
                           {"pid", ::getpid()},
                           {"tracing", false},
                           {"sampler", "traceidratio"},
                           {"ratio", 0.5}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(builder.control().tracing, 0u);
  EXPECT_EQ(builder.control().rejection_threshold, wire::kRejectAll / 2);
  EXPECT_FALSE(ask({{"command", "set"}, {"pid", 1}, {"tracing", false}}));
  EXPECT_FALSE(ask({{"command", "set"}, {"pid", ::getpid()}, {"sampler", "often"}}));
  EXPECT_FALSE(ask({{"command", "set"}, {"pid", ::getpid()}, {"ratio", 7}}));
  EXPECT_FALSE(ask({{"command", "set"}, {"pid", ::getpid()}, {"tracing", "yes"}}));
}

TEST_F(PipelineTest, DrainingARunWaitsForItsProcessesAndSumsThemUp) {
  SegmentBuilder other(directory_, run("other"));
  start();
  SegmentBuilder first(directory_, run("r")), second(directory_, run("r"));
  first.append(record(1));
  first.count(wire::Counter::lost_ring_full, 2);
  second.append(record(2));
  second.append(record(3));
  first.unmap();
  second.unmap();
  const auto answer = ask({{"command", "drain"}, {"run_id", "r"}, {"timeout_ms", 9000}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ((*answer)["drained"], true);
  EXPECT_EQ((*answer)["spans"], 3);
  EXPECT_EQ((*answer)["traces"], 3);
  EXPECT_EQ((*answer)["collector"]["pid"], ::getpid());
  EXPECT_EQ((*answer)["processes"], 2);
  EXPECT_EQ((*answer)["alive"], 0);
  EXPECT_EQ((*answer)["lost"], 2);
  EXPECT_EQ((*answer)["services"], json({"cart"}));
  EXPECT_EQ((*answer)["exporters"][0]["exported"], 3);
  EXPECT_EQ(exporter_->spans(), 3u);
  EXPECT_FALSE(first.file_exists());
  const auto summary = ask({{"command", "run_summary"}, {"run_id", "other"}});
  ASSERT_TRUE(summary);
  EXPECT_EQ((*summary)["alive"], 1);
  EXPECT_EQ((*summary)["drained"], false);
}

TEST_F(PipelineTest, DrainingARunThatLivesOnEndsAtItsLimit) {
  SegmentBuilder builder(directory_, run("r"));
  builder.append(record(1));
  start();
  const auto answer = ask({{"command", "drain"}, {"run_id", "r"}, {"timeout_ms", 100}});
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)["drained"], false);
  EXPECT_EQ((*answer)["alive"], 1);
}

TEST_F(PipelineTest, ACrashIsExportedWithItsSignal) {
  start();
  const pid_t child = ::fork();
  if (child == 0) {
    SegmentBuilder::Options options = run("crash");
    options.name = "child.segment";
    SegmentBuilder builder(directory_, options);
    builder.append(record(1));
    builder.activate_slot(0, record(2));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(ask({{"command", "note_exit"}, {"pid", child}, {"status", status}}));
  const auto answer = ask({{"command", "drain"}, {"run_id", "crash"}, {"timeout_ms", 9000}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ((*answer)["spans"], 2);
  EXPECT_EQ((*answer)["in_flight_at_exit"], 1);
  bool named = false;
  for (const BatchPtr& batch : exporter_->batches)
    for (const Span& span : batch->list.spans)
      named = named || (span.status == StatusCode::kError &&
                        span.status_message.find("SIGKILL") != std::string_view::npos);
  EXPECT_TRUE(named);
}

TEST_F(PipelineTest, DrainingDoesNotLeaveTheRequestsOfADeadProcessToTheNextCollector) {
  for (const milliseconds limit : {kPatience, milliseconds{300}}) {
    const pid_t child = ::fork();
    if (child == 0) {
      SegmentBuilder::Options options = run("crash");
      options.name = "child.segment";
      SegmentBuilder builder(directory_, options);
      builder.activate_slot(0, record(2));
      ::kill(::getpid(), SIGKILL);
    }
    // Reaped before the collector starts: it can only wait for news of how the process died.
    ::waitpid(child, nullptr, 0);
    exporter_ = std::make_shared<FakeExporter::State>();
    start();
    collector_->drain_and_stop(limit);
    join();
    EXPECT_EQ(exporter_->spans(), 1u);
    EXPECT_EQ(directory_.segment_count(), 0u);
  }
}

TEST_F(PipelineTest, StopCommandDrainsAndEnds) {
  SegmentBuilder builder(directory_);
  start();
  builder.append(record(1));
  ASSERT_TRUE(ask({{"command", "stop"}}));
  join();
  EXPECT_EQ(exporter_->spans(), 1u);
  EXPECT_FALSE(StatusClient::connect(directory_.base(), ::geteuid()));
}

TEST_F(PipelineTest, NonsenseOnTheSocketGetsAnErrorAndHarmsNobody) {
  start();
  EXPECT_FALSE(ask({{"command", "dance"}}));
  EXPECT_FALSE(ask({{"command", 7}}));
  EXPECT_FALSE(ask(json::array({1, 2})));
  EXPECT_FALSE(ask({{"command", "note_exit"}, {"pid", "x"}}));
  const auto directory = open_user_directory(directory_.base(), ::geteuid(), false);
  const sockaddr_un address = status_address(directory->get());
  for (const std::string& text : {std::string("\xFF\xFE{{{\n"), std::string(200'000, '['),
                                  std::string("{\"command\":\"drain\",\"timeout_ms\":9000}\n")}) {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  EXPECT_TRUE(ask({{"command", "status"}}));
}

TEST_F(PipelineTest, TheSocketIsTheUsersAlone) {
  start();
  struct stat status {};
  ASSERT_EQ(::stat((directory_.user() + "/collector.socket").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(PipelineTest, WarningsOfAProcessAreCollectedOnce) {
  SegmentBuilder::Options options;
  options.environment = {{"OTEL_TRACES_SAMPLER", "sometimes"}};
  SegmentBuilder first(directory_, options), second(directory_, options);
  start();
  ASSERT_TRUE(wait_until([&] { return collector_->statistics().processes.size() == 2; }));
  ASSERT_EQ(collector_->statistics().warnings.size(), 1u);
  EXPECT_NE(collector_->statistics().warnings[0].find("sometimes"), std::string::npos);
}

}  // namespace
}  // namespace seamtrace::collector
