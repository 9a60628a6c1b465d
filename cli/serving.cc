#include "cli/serving.h"

#include <algorithm>

#include "cli/store_location.h"
#include "collector/store/store_exporter.h"
#include "collector/support/log.h"

namespace seamtrace::cli {

using collector::Collector;
using collector::Configuration;
using collector::Error;
using collector::Front;
using collector::FrontOptions;
using collector::ListenAddress;
using collector::Result;

namespace {

constexpr char kReceiveHttp[] = "127.0.0.1:4318";
constexpr char kReceiveGrpc[] = "127.0.0.1:4317";
constexpr char kDefaultViewer[] = "127.0.0.1:4380";
/// RFC 3986's unreserved ones: they mean themselves in a link.
constexpr char kTokenCharacters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr uint64_t kMebibyte = 1024 * 1024;

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<ListenAddress> address_of(const Configuration& configuration, std::string_view name,
                                        std::vector<std::string>& faults) {
  const std::string_view value = configuration.text(name);
  if (value.empty() || wire::equals_ignoring_case(value, "off")) return {};
  auto parsed = collector::parse_listen_address(value);
  if (parsed) return std::move(*parsed);
  faults.push_back(std::string(name) + ": " + parsed.error().message);
  return {};
}

collector::StoreOptions store_options(const Configuration& configuration, const std::string& path) {
  collector::StoreOptions options;
  options.path = path;
  options.most_bytes = configuration.number("SEAMTRACE_STORE_MAX_SIZE").value_or(1024) * kMebibyte;
  options.longest_age_s = configuration.number("SEAMTRACE_STORE_MAX_AGE").value_or(168) * 3600;
  return options;
}

Result<std::unique_ptr<collector::Store>> open_store(const Configuration& configuration) {
  const auto path = default_store_path(configuration);
  if (!path) return path.error();
  return collector::Store::open(store_options(configuration, *path));
}

}  // namespace

std::optional<Error> apply_serving(const ServingOptions& options,
                                   Configuration::Environment& environment) {
  if (!options.store.empty()) environment["SEAMTRACE_STORE"] = options.store;
  if (options.receive) {
    environment.try_emplace("SEAMTRACE_RECEIVE_HTTP", kReceiveHttp);
    environment.try_emplace("SEAMTRACE_RECEIVE_GRPC", kReceiveGrpc);
  }
  if (options.listen.empty()) return {};
  const std::string listen =
      is_number(options.listen) ? "127.0.0.1:" + options.listen : options.listen;
  if (!wire::equals_ignoring_case(listen, "off"))
    if (const auto parsed = collector::parse_listen_address(listen); !parsed)
      return Error{"--listen: " + parsed.error().message};
  environment["SEAMTRACE_VIEWER"] = listen;
  return {};
}

FrontOptions front_options(const Configuration& configuration, bool has_store,
                           std::vector<std::string>& faults) {
  FrontOptions options;
  const bool asked_for = configuration.is_set("SEAMTRACE_VIEWER");
  if (has_store || asked_for)
    options.viewer = address_of(configuration, "SEAMTRACE_VIEWER", faults);
  // A bad address is as good as none (OpenTelemetry specification, environment variables).
  const bool is_bad = !faults.empty();
  if (is_bad) options.viewer = *collector::parse_listen_address(kDefaultViewer);
  options.any_viewer_port = !asked_for || is_bad;
  options.token = configuration.text("SEAMTRACE_VIEWER_TOKEN");
  if (options.token.find_first_not_of(kTokenCharacters) != std::string::npos) {
    faults.emplace_back(
        "SEAMTRACE_VIEWER_TOKEN: letters, digits and -._~ only; it travels in a link and a cookie");
    options.viewer.reset();
  }
  options.receive_http = address_of(configuration, "SEAMTRACE_RECEIVE_HTTP", faults);
  options.receive_grpc = address_of(configuration, "SEAMTRACE_RECEIVE_GRPC", faults);
  return options;
}

Result<Serving> open_serving(const Configuration& configuration, ExporterPlan plan,
                             Collector& collector, std::vector<std::string>& warnings) {
  collector::StoreExporter* exporter = nullptr;
  std::string path;
  if (plan.store) {
    auto store = open_store(configuration);
    if (store) {
      auto made = collector::make_store_exporter(std::move(*store));
      exporter = made.get();
      path = made->store_statistics().path;
      collector.add_exporter(std::move(made));
    } else {
      const std::string sentence = "traces are not kept: " + store.error().message;
      if (collector.statistics().exporters.empty()) return Error{sentence};
      warnings.push_back(sentence);
    }
  }
  Serving serving;
  FrontOptions options = front_options(configuration, exporter != nullptr, serving.faults);
  options.store_path = path;
  if (options.viewer || options.receive_http || options.receive_grpc)
    serving.front = Front::start(options, &collector, exporter, serving.faults);
  return serving;
}

}  // namespace seamtrace::cli
