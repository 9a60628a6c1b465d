#include "collector/query/bottlenecks/testing/shop_requests.h"

#include <cmath>
#include <random>
#include <string>

#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector::bottlenecks::testing {
namespace {

using collector::testing::TraceMaker;

constexpr double kLong = 50;

/// Draws of one request; each seed and number has its own.
class Dice {
 public:
  Dice(uint64_t seed, uint64_t number) : engine_(seed * 1'000'003 + number) {}
  bool happens(double share) { return std::uniform_real_distribution<>(0, 1)(engine_) < share; }
  /// About `mean`, sometimes several times as much.
  double time(double mean) { return std::lognormal_distribution<>(std::log(mean), 0.4)(engine_); }
  int64_t upto(int64_t most) { return std::uniform_int_distribution<int64_t>(1, most)(engine_); }

 private:
  std::mt19937_64 engine_;
};

class Maker {
 public:
  Maker(const ShopOptions& options, uint64_t number)
      : options_(options), dice_(options.seed, number), trace_(number) {}

  SpanList make() {
    const bool affected = dice_.happens(options_.affected);
    const auto struck = [&](Cause cause) { return options_.cause == cause && affected; };
    const int64_t items = dice_.upto(200);
    double self = dice_.time(3);
    if (struck(Cause::kAttribute) || struck(Cause::kLock) || struck(Cause::kError) ||
        struck(Cause::kRoot))
      self += kLong;
    if (options_.cause == Cause::kQuantity) self += std::pow(static_cast<double>(items) / 60, 3);

    trace_.add("web", "GET /", SpanKind::kServer, 0, 0);
    set_app(struck(Cause::kRoot));
    trace_.add("shop", dice_.happens(0.5) ? "GET /cart" : "GET /list", SpanKind::kServer, 1, 0, 1);
    set_attributes(struck(Cause::kAttribute), items);
    if (struck(Cause::kError)) trace_.error("no room");

    double at = 1 + self / 2;
    const int64_t calls = struck(Cause::kManyCalls) ? 30 : 1;
    for (int64_t i = 0; i < calls; ++i) {
      const double time = dice_.time(2) + (struck(Cause::kDependency) ? kLong : 0);
      add_call("SELECT cart", at, time);
      trace_.set("db.system.name", "postgresql").set("db.namespace", "shop");
      at += time;
    }
    const double cached = dice_.time(0.5);
    add_call("GET", at, cached);
    trace_.set("db.system.name", "redis").set("server.address", "cache");
    at += cached;
    if (struck(Cause::kSpan)) {
      trace_.add("shop", "retry", SpanKind::kInternal, at, kLong, 2);
      ++last_;
      at += kLong;
    }
    at = call_cart(at, struck(Cause::kWaiting) ? kLong : 0);
    return finish(at + self / 2);
  }

 private:
  void add_call(std::string_view name, double at, double time) {
    trace_.add("shop", name, SpanKind::kClient, at, time, 2);
    ++last_;
  }

  void set_app(bool new_version) {
    trace_.set("app.version", int64_t{new_version ? 9 : dice_.upto(4)});
  }

  void set_attributes(bool free, int64_t items) {
    const bool any_free = options_.cause != Cause::kAttribute && dice_.happens(0.2);
    trace_.set("user.tier", free || any_free ? "free" : "paid");
    trace_.set("user.id", dice_.upto(1'000'000'000));
    trace_.set("cart.items", items);
    trace_.set("network.peer.port", 30'000 + dice_.upto(20));
    trace_.set("http.response.status_code", int64_t{200});
    for (int64_t i = 0; i < 10; ++i)
      trace_.set("label." + std::to_string(i), dice_.upto(2 + 3 * i));
  }

  double call_cart(double at, double late) {
    const double way = dice_.time(0.2), work = dice_.time(2);
    add_call("GET", at, late + way + work);
    trace_.set("server.address", "cart").set("server.port", int64_t{8080});
    trace_.add("cart", "GET /items", SpanKind::kServer, at + late + way / 2, work, last_);
    return at + late + way + work;
  }

  SpanList finish(double end) {
    SpanList list = trace_.take();
    const auto at = [&](double ms) {
      return list.spans.front().start_unix_ns +
             static_cast<uint64_t>(ms * collector::testing::kMillisecond);
    };
    list.spans[0].end_unix_ns = at(end + 1);
    list.spans[1].end_unix_ns = at(end);
    return list;
  }

  const ShopOptions& options_;
  uint64_t last_ = 2;  ///< the number of the last span; the first two are the servers
  Dice dice_;
  TraceMaker trace_;
};

}  // namespace

SpanList shop_trace(const ShopOptions& options, uint64_t number) {
  return Maker(options, number).make();
}

Sample shop_sample(const ShopOptions& options) {
  Sample sample({"shop", ""});
  for (uint64_t i = 1; i <= options.traces; ++i) {
    const SpanList list = shop_trace(options, i);
    sample.add(list.spans.front().trace_id, list.spans);
  }
  return sample;
}

}  // namespace seamtrace::collector::bottlenecks::testing
