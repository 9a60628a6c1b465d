// ShopRequests: a sample of requests of an imaginary shop, with or without something to be found.
// Path:    tests -> [shop requests] -> findings
//
// Every request of `shop` calls postgresql, redis and the service `cart`, and takes about 10 ms.
// Its attributes have nothing to do with how long it takes, unless a cause is planted.
#pragma once

#include <cstdint>

#include "collector/interpret/span.h"
#include "collector/query/bottlenecks/sample.h"

namespace seamtrace::collector::bottlenecks::testing {

enum class Cause {
  kNone,
  kAttribute,   ///< user.tier=free spends 50 ms in the shop itself
  kQuantity,    ///< the more cart.items, the more time in the shop itself
  kDependency,  ///< one call of postgresql takes 50 ms
  kManyCalls,   ///< postgresql is called thirty times
  kLock,        ///< 50 ms in the shop itself
  kWaiting,     ///< cart begins 50 ms late
  kSpan,        ///< an internal span `retry` of 50 ms
  kError,       ///< fails after 50 ms in the shop itself
  kRoot,        ///< the caller's app.version=9 spends 50 ms in the shop itself
};

struct ShopOptions {
  Cause cause = Cause::kNone;
  uint64_t seed = 1;
  size_t traces = 400;
  double affected = 0.1;  ///< share of the requests that the cause strikes
};

/// One trace of it.
SpanList shop_trace(const ShopOptions& options, uint64_t number);

Sample shop_sample(const ShopOptions& options);

}  // namespace seamtrace::collector::bottlenecks::testing
