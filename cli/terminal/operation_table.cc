#include "cli/terminal/operation_table.h"

#include <algorithm>
#include <cstdio>

#include "cli/json_answer.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;

constexpr size_t kLongest = 120;
constexpr const char* kPercentiles[] = {"p50_ns", "p95_ns", "p99_ns", "max_ns"};

std::vector<Column> measures() {
  return {{"RATE/s", true, 6}, {"ERRORS", true, 6}, {"P50", true, 7},
          {"P95", true, 7},    {"P99", true, 7},    {"MAX", true, 7}};
}

void add_measures(std::vector<Cell>& row, const json& object) {
  const uint64_t errors = number(object, "errors");
  row.emplace_back(rate_text(real(object, "rate")));
  row.emplace_back(share_text(errors, number(object, "count")),
                   errors != 0 ? colours::kRed : colours::kDim);
  for (const char* name : kPercentiles)
    row.emplace_back(number(object, "count") == 0 ? "-"
                                                  : collector::to_duration(number(object, name)));
}

/// The requests of each step as a small curve; only where there are glyphs for that.
std::string curve(const json& counts) {
  constexpr const char* kHeights[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr size_t kMostSteps = 20;
  std::vector<double> values;
  for (const json& each : counts) values.push_back(each.is_number() ? each.get<double>() : 0);
  const size_t per_column = (values.size() + kMostSteps - 1) / kMostSteps;
  std::vector<double> sums;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % per_column == 0) sums.push_back(0);
    sums.back() += values[i];
  }
  double most = 0;
  for (const double sum : sums) most = std::max(most, sum);
  std::string out;
  for (const double sum : sums)
    out += kHeights[sum <= 0 ? 0 : std::clamp<size_t>(static_cast<size_t>(sum / most * 8), 1, 8)];
  return out;
}

std::string kind_word(const json& operation) {
  const std::string kind = raw_text(operation, "kind");
  return kind == "server" || kind == "client" || kind == "producer" || kind == "consumer"
             ? kind
             : "internal";
}

}  // namespace

std::string rate_text(double per_second) {
  if (per_second > 0 && per_second < 0.001) return "<0.001";
  char text[32];
  const bool thousands = per_second >= 9995;
  const double value = thousands ? per_second / 1000 : per_second;
  const int decimals = value > 0 && value < 0.0995 ? 3 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::snprintf(text, sizeof text, "%.*f%s", decimals, value, thousands ? "k" : "");
  return text;
}

std::string share_text(uint64_t part, uint64_t count) {
  if (part == 0 || count == 0) return "-";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(count);
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%%", percent < 9.95 ? 1 : 0, percent);
  return percent < 0.05 ? "<0.1%" : text;
}

Columns service_table(const json& services, const Style& style) {
  std::vector<Column> columns{{"SERVICE", false, 8, kLongest, true}, {"COUNT", true, 5}};
  for (Column& column : measures()) columns.push_back(std::move(column));
  if (style.unicode) columns.push_back({"REQUESTS", false, 0, 20});
  Columns table(std::move(columns));
  for (const json& service : services) {
    std::vector<Cell> row{{style.shown(raw_text(service, "name"), kLongest), colours::kBold},
                          count(service, "count")};
    add_measures(row, service);
    if (style.unicode) row.emplace_back(curve(list(member(service, "series"), "count")));
    table.add(std::move(row));
  }
  return table;
}

Columns operation_table(const json& operations, const OperationTableOptions& options,
                        const Style& style) {
  std::vector<Column> columns;
  if (options.service) columns.push_back({"SERVICE", false, 8, 24, true});
  columns.push_back({"KIND", false, 6});
  columns.push_back({"OPERATION", false, 12, kLongest, true});
  for (Column& column : measures()) columns.push_back(std::move(column));
  Columns table(std::move(columns));
  for (const json& operation : operations) {
    std::vector<Cell> row;
    if (options.service)
      row.emplace_back(style.shown(raw_text(operation, "service"), kLongest), colours::kBold);
    row.emplace_back(kind_word(operation), colours::kDim);
    std::string name = style.shown(raw_text(operation, "name"), kLongest);
    if (const std::string peer = raw_text(member(operation, "peer"), "name"); !peer.empty())
      name += (style.unicode ? " → " : " > ") + style.shown(peer, kLongest);
    row.emplace_back(std::move(name));
    add_measures(row, operation);
    table.add(std::move(row));
  }
  return table;
}

}  // namespace seamtrace::cli
