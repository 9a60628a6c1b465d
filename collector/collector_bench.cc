// collector_bench: how many spans a second one core reads, interprets and batches.
// A segment is filled by a mapping as the agent would do it; what is timed is the collector's
// CPU time only: reading, validation, interpretation, limits, batching and acknowledgement.
// Three workloads: HTTP; calls to data stores whose statements come again; and statements that are
// all different, so that each is read anew.
// Usage: collector_bench [rounds]
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "collector/dispatch.h"
#include "collector/intake.h"
#include "collector/ring_reader/ring_reader.h"
#include "collector/ring_reader/testing/record_builder.h"
#include "collector/ring_reader/testing/segment_builder.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

using testing::ChannelDirectory;
using testing::RecordBuilder;
using testing::SegmentBuilder;

/// Keeps as many batches as an exporter's queue would, and is done with the others.
class QueueOnly : public Exporter {
 public:
  std::string_view name() const override { return "none"; }
  bool offer(BatchPtr batch) override {
    spans_ += batch->list.spans.size();
    for (const Span& span : batch->list.spans) attributes_ += span.attributes.size();
    done_ = batch->sequence;
    queue_[done_ % 4] = std::move(batch);
    return true;
  }
  uint64_t done_sequence() const override { return done_; }
  bool flush(std::chrono::milliseconds) override { return true; }
  ExporterStatistics statistics() const override {
    ExporterStatistics statistics;
    statistics.exported = spans_;
    return statistics;
  }
  uint64_t attributes() const { return attributes_; }

 private:
  BatchPtr queue_[4];
  uint64_t spans_ = 0, attributes_ = 0, done_ = 0;
};

std::string server_record(uint64_t number) {
  return RecordBuilder(number)
      .request("GET /api/v1/orders/12345?expand=items&lang=en HTTP/1.1")
      .request_header("Host: shop.example.com:8080")
      .request_header("User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
      .request_header("X-Forwarded-For: 203.0.113.7, 10.0.0.1")
      .slice(wire::SliceKind::kResponseLine, "HTTP/1.1 200 OK")
      .bytes();
}

std::string client_record(uint64_t number) {
  RecordBuilder builder(number);
  builder.client()
      .request("GET /stock?sku=12345 HTTP/1.1")
      .request_header("Host: stock.internal:9000")
      .slice(wire::SliceKind::kResponseLine, "HTTP/1.1 200 OK");
  return builder.bytes();
}

/// `literal` makes the statement different from others.
std::string query_record(uint64_t number, uint64_t literal) {
  return RecordBuilder::database(wire::Protocol::kPostgresql, 5432, number)
      .slice(wire::SliceKind::kNamespace, "shop")
      .statement(
          "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id "
          "WHERE o.id = " +
          std::to_string(literal) + " AND o.state IN ('open', 'paid') ORDER BY o.id LIMIT 10")
      .facts({})
      .bytes();
}

std::string command_record(uint64_t number) {
  wire::DatabaseFacts facts{};
  facts.flags = wire::kFlagReadsCache;
  facts.hits = 1;
  return RecordBuilder::database(wire::Protocol::kRedis, 6379, number)
      .slice(wire::SliceKind::kNamespace, "0")
      .arguments({"GET", "session:12345"})
      .facts(facts)
      .bytes();
}

std::vector<std::string> http_records() {
  std::vector<std::string> records;
  for (uint64_t i = 1; i <= 64; ++i)
    records.push_back(i % 2 == 0 ? client_record(i) : server_record(i));
  return records;
}

std::vector<std::string> database_records() {
  std::vector<std::string> records;
  for (uint64_t i = 1; i <= 64; ++i)
    records.push_back(i % 2 == 0 ? command_record(i) : query_record(i, i));
  return records;
}

std::vector<std::string> different_statement_records() {
  std::vector<std::string> records;
  for (uint64_t i = 1; i <= 10'000; ++i) records.push_back(query_record(i, i));
  return records;
}

uint64_t resident_kib() {
  unsigned long total = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr || std::fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

int run(const char* workload, const std::vector<std::string>& records, int rounds) {
  constexpr uint64_t kRecordsPerRound = 20'000;
  const ChannelDirectory directory;
  SegmentBuilder builder(directory);
  auto exporter = std::make_unique<QueueOnly>();
  QueueOnly* queue = exporter.get();
  std::vector<std::unique_ptr<Exporter>> exporters;
  exporters.push_back(std::move(exporter));
  Dispatch dispatch(std::move(exporters));
  Intake intake(Configuration::from({}), dispatch);
  RingReader reader({.base_directory = directory.base(), .uid = ::geteuid()});

  std::vector<double> rates;
  uint64_t written = 0;
  for (int round = 0; round < rounds; ++round) {
    for (uint64_t i = 0; i < kRecordsPerRound; ++i)
      if (!builder.append(records[written++ % records.size()])) {
        std::fprintf(stderr, "the ring is full\n");
        return 1;
      }
    const uint64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    bool more = true;
    while (more) {
      intake.begin_round(monotonic_ns(), realtime_ns());
      more = reader.poll(intake, dispatch.done_sequence());
      intake.end_round(/*hurry=*/true);
    }
    const uint64_t spent = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
    rates.push_back(kRecordsPerRound / (static_cast<double>(spent) * 1e-9));
  }
  const uint64_t spans = queue->statistics().exported;
  std::sort(rates.begin(), rates.end());
  std::printf("%s\n", workload);
  std::printf("spans            %llu (%.1f attributes each)\n",
              static_cast<unsigned long long>(spans),
              static_cast<double>(queue->attributes()) / static_cast<double>(spans));
  std::printf("spans a second   %.0f median, %.0f worst, %.0f best (one core)\n",
              rates[rates.size() / 2], rates.front(), rates.back());
  std::printf("a span           %.0f ns\n", 1e9 / rates[rates.size() / 2]);
  std::printf("resident         %llu KiB, of which the mapped segment is the producer's\n",
              static_cast<unsigned long long>(resident_kib()));
  return spans == written ? 0 : 1;
}

}  // namespace
}  // namespace seamtrace::collector

int main(int count, char** arguments) {
  using namespace seamtrace::collector;
  const int rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 50;
  return run("-- HTTP requests", http_records(), rounds) +
         run("-- statements and commands that come again", database_records(), rounds) +
         run("-- statements that are all different", different_statement_records(), rounds);
}
