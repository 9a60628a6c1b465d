#include "collector/export/console/console_exporter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "collector/export/testing/spans.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;
using testing::batch_of;
using testing::BatchMaker;
using testing::make_resource;

constexpr auto kLong = std::chrono::seconds(60);

class ConsoleExporterTest : public ::testing::Test {
 protected:
  ConsoleExporterTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe2(fds_, O_CLOEXEC), 0);
  }
  ~ConsoleExporterTest() override {
    for (const int fd : fds_)
      if (fd >= 0) ::close(fd);
  }

  ConsoleOptions options(bool json) const {
    ConsoleOptions options;
    options.fd = fds_[1];
    options.json = json;
    return options;
  }

  void close_reader() {
    ::close(fds_[0]);
    fds_[0] = -1;
  }

  /// What has been written so far.
  std::string output() {
    ::fcntl(fds_[0], F_SETFL, O_NONBLOCK);
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = ::read(fds_[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    return text;
  }

 private:
  int fds_[2] = {-1, -1};
};

TEST_F(ConsoleExporterTest, FlushPrintsTreesAtOnce) {
  const auto exporter = make_console_exporter(options(false));
  EXPECT_TRUE(exporter->offer(batch_of(1, 2, make_resource("web"))));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->done_sequence(), 1u);
  EXPECT_EQ(exporter->statistics().exported, 2u);
  EXPECT_EQ(exporter->statistics().queued, 0u);
  EXPECT_TRUE(output().starts_with("trace 4b000000000000000000000000000001  2 spans"));
}

TEST_F(ConsoleExporterTest, SpansOfOneTraceInSeveralBatchesMakeOneTree) {
  const auto exporter = make_console_exporter(options(false));
  BatchMaker parent(2);
  parent.add(9, "GET", nullptr);
  exporter->offer(batch_of(1, 1, nullptr));
  exporter->offer(parent.batch());
  EXPECT_TRUE(exporter->flush(kLong));
  const std::string text = output();
  EXPECT_EQ(text.find("trace "), text.rfind("trace ")) << text;
}

TEST_F(ConsoleExporterTest, EndPrintsWhatIsHeld) {
  auto exporter = make_console_exporter(options(false));
  exporter->offer(batch_of(1, 1, nullptr));
  exporter.reset();
  EXPECT_NE(output().find("1 span "), std::string::npos);
}

TEST_F(ConsoleExporterTest, JsonIsOneObjectALine) {
  const auto exporter = make_console_exporter(options(true));
  BatchMaker maker;
  Span& span = maker.add(2, "GET /a\nb", make_resource("web"));
  span.parent_span_id = testing::span_id(1);
  span.status = StatusCode::kError;
  span.attributes = {{"http.response.status_code", int64_t{500}}};
  maker.add(1, "GET", make_resource("web"));
  exporter->offer(maker.batch());
  EXPECT_TRUE(exporter->flush(kLong));
  std::istringstream lines(output());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first["trace_id"], "4b000000000000000000000000000001");
  EXPECT_EQ(first["span_id"], "a000000000000002");
  EXPECT_EQ(first["parent_span_id"], "a000000000000001");
  EXPECT_EQ(first["name"], "GET /a\nb");
  EXPECT_EQ(first["kind"], "server");
  EXPECT_EQ(first["start"], "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(first["start_unix_ns"], testing::kStart);
  EXPECT_EQ(first["duration_ns"], 10 * testing::kMillisecond);
  EXPECT_EQ(first["status"]["code"], "error");
  EXPECT_EQ(first["attributes"]["http.response.status_code"], 500);
  EXPECT_EQ(first["resource"]["service.name"], "web");
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_TRUE(nlohmann::json::parse(line)["parent_span_id"].is_null());
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(ConsoleExporterTest, ReaderThatWentAwayIsCountedAndHarmless) {
  close_reader();
  const auto exporter = make_console_exporter(options(true));
  exporter->offer(batch_of(1, 3, nullptr));
  EXPECT_TRUE(exporter->flush(kLong));
  EXPECT_EQ(exporter->done_sequence(), 1u);
  EXPECT_EQ(exporter->statistics().dropped.at("write_failed"), 3u);
  EXPECT_FALSE(exporter->statistics().last_error.empty());
}

}  // namespace
}  // namespace seamtrace::collector
