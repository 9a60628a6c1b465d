#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/query/bottlenecks/differences.h"
#include "collector/query/bottlenecks/sample.h"
#include "collector/query/bottlenecks/summary.h"
#include "collector/query/services/services.h"

namespace seamtrace::collector::services {

using nlohmann::json;

namespace {

using bottlenecks::Finding;
using bottlenecks::FindingKind;
using bottlenecks::PartKind;
using bottlenecks::Sample;
using bottlenecks::WhereTimeGoes;

/// Work for one question: spans unpacked, and traces that were unpacked for nothing.
constexpr uint64_t kMostSpans = 400'000;
constexpr uint64_t kMostMissesPerTrace = 10;

/// Traces of the service, latest first.
class Candidates {
 public:
  Candidates(StoreReader& store, TimeRange range, std::string service)
      : store_(store), range_(range), service_(std::move(service)) {}

  /// The next ones, at most `most`; none: there are no more, or too many rows were looked at.
  Result<std::vector<TraceRow>> next(size_t most) {
    std::vector<TraceRow> rows;
    if (ended_ || stopped()) return rows;
    // The scan borrows where it begins, while `last_` moves on.
    const std::optional<TraceRow> begin = last_;
    ended_ = true;
    const auto visit = [&](const TraceRow& row) {
      last_ = row;
      ++visited_;
      if (std::binary_search(row.services.begin(), row.services.end(), service_))
        rows.push_back(row);
      ended_ = rows.size() < most && !stopped();
      return ended_;
    };
    if (auto fault = store_.scan(range_, begin ? &*begin : nullptr, visit)) return *fault;
    return rows;
  }

  /// True: there may be more than next() gives.
  bool stopped() const { return visited_ >= kMostRows; }

 private:
  static constexpr size_t kMostRows = 300'000;

  StoreReader& store_;
  TimeRange range_;
  std::string service_;
  std::optional<TraceRow> last_;
  size_t visited_ = 0;
  bool ended_ = false;
};

struct Sampled {
  Sample sample;
  bool complete = true;
};

Result<Sampled> take_sample(StoreReader& store, TimeRange range,
                            const bottlenecks::Selection& selection, size_t size) {
  Sampled sampled{Sample(selection), true};
  Candidates candidates(store, range, selection.service);
  uint64_t spans = 0, misses = 0;
  while (sampled.sample.traces().size() < size) {
    const Result<std::vector<TraceRow>> rows = candidates.next(size);
    if (!rows) return rows.error();
    if (rows->empty()) {
      if (candidates.stopped()) sampled.complete = false;
      break;
    }
    for (const TraceRow& row : *rows) {
      if (sampled.sample.traces().size() == size) break;
      if (misses > kMostMissesPerTrace * size) {
        sampled.complete = false;
        return sampled;
      }
      // One huge trace does not hide the others.
      if (spans + row.spans > kMostSpans) {
        sampled.complete = false;
        ++misses;
        continue;
      }
      spans += row.spans;
      // A trace that went in this moment, or is damaged, is one less.
      const Result<SpanList> list = store.load(row.row);
      if (!list || !sampled.sample.add(row.trace_id, list->spans)) ++misses;
    }
  }
  return sampled;
}

std::string_view part_name(PartKind kind) {
  switch (kind) {
    case PartKind::kSelf:
      return "self";
    case PartKind::kWaiting:
      return "waiting";
    case PartKind::kDependency:
      break;
  }
  return "dependency";
}

std::string_view finding_name(FindingKind kind) {
  switch (kind) {
    case FindingKind::kDependency:
      return "dependency";
    case FindingKind::kSpan:
      return "span";
    case FindingKind::kError:
      return "error";
    case FindingKind::kSelf:
      return "self";
    case FindingKind::kAttribute:
      break;
  }
  return "attribute";
}

json json_where(const std::vector<WhereTimeGoes>& all) {
  json list = json::array();
  for (const WhereTimeGoes& where : all) {
    list.push_back({{"what", part_name(where.part.kind)},
                    {"name", json_text(where.part.name)},
                    {"kind", json_text(where.part.node == "internal" ? "" : where.part.node)},
                    {"share", where.share},
                    {"critical_share", where.critical_share},
                    {"mean_ns", where.mean_ns},
                    {"slow_mean_ns", where.slow_mean_ns},
                    {"calls", where.calls},
                    {"slow_calls", where.slow_calls}});
  }
  return list;
}

json json_findings(const std::vector<Finding>& findings, const Sample& sample) {
  const auto optional_number = [](const std::optional<double>& number) {
    return number ? json(*number) : json(nullptr);
  };
  json list = json::array();
  for (const Finding& finding : findings) {
    list.push_back(
        {{"kind", finding_name(finding.kind)},
         {"name", json_text(finding.name)},
         {"value", json_text(finding.value)},
         {"slow_share", finding.slow_share},
         {"rest_share", finding.rest_share},
         {"slow_ns", optional_number(finding.slow_ns)},
         {"rest_ns", optional_number(finding.rest_ns)},
         {"words", json_text(finding.words)},
         {"trace_id", json_id(sample.traces()[sample.requests()[finding.request].trace])}});
  }
  return list;
}

json describe(const Sampled& sampled) {
  const Sample& sample = sampled.sample;
  const std::vector<bottlenecks::Request>& requests = sample.requests();
  const std::vector<bool> slow = bottlenecks::slowest_tenth(requests);
  auto slow_count = static_cast<uint64_t>(std::count(slow.begin(), slow.end(), true));
  if (slow_count < bottlenecks::kLeastSlow) slow_count = 0;  // too few to say anything of
  uint64_t threshold = 0;
  for (size_t i = 0; i < requests.size() && slow_count != 0; ++i)
    if (slow[i] && (threshold == 0 || requests[i].duration_ns < threshold))
      threshold = requests[i].duration_ns;
  return {{"requests", requests.size()},
          {"complete", sampled.complete},
          {"p50_ns", bottlenecks::percentile(requests, 0.5)},
          {"p90_ns", bottlenecks::percentile(requests, 0.9)},
          {"p99_ns", bottlenecks::percentile(requests, 0.99)},
          {"where", json_where(bottlenecks::where_time_goes(sample, slow))},
          {"slow",
           {{"threshold_ns", threshold},
            {"requests", slow_count},
            {"findings", json_findings(bottlenecks::find_differences(sample, slow), sample)}}}};
}

}  // namespace

QueryAnswer bottlenecks(StoreReader& store, const Question& question) {
  const Result<TimeRange> range = question.period();
  if (!range) return bad_question(range.error());
  const Result<std::string> service = question.text("service");
  if (!service) return bad_question(service.error());
  if (service->empty()) return bad_question("service is missing: say whose requests to look at");
  const Result<std::string> operation = question.text("operation");
  if (!operation) return bad_question(operation.error());
  const Result<uint64_t> size = question.number("sample", 400, 1, 2000);
  if (!size) return bad_question(size.error());
  const Result<Sampled> sampled = take_sample(store, *range, {*service, *operation}, *size);
  if (!sampled) return store_fault(sampled.error());
  return ok_answer(describe(*sampled));
}

}  // namespace seamtrace::collector::services
