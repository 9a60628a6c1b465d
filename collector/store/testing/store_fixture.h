// StoreFixture: a store in a folder of its own, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "collector/store/store.h"
#include "collector/store/testing/span_maker.h"

namespace seamtrace::collector::testing {

class StoreFixture : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    options_.path = path_;
    Result<std::unique_ptr<Store>> store = Store::open(options_);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  /// The sentence with which opening fails; empty: it does not.
  std::string open_error() {
    options_.path = path_;
    const Result<std::unique_ptr<Store>> store = Store::open(options_);
    return store ? "" : store.error().message;
  }
  std::unique_ptr<StoreReader> read() {
    Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(path_);
    EXPECT_TRUE(reader) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }
  static void write(Store& store, const BatchPtr& batch) {
    const std::optional<Error> error = store.write({batch});
    EXPECT_FALSE(error) << error->message;
  }

  TemporaryFolder folder_;
  StoreOptions options_;
  std::string path_ = folder_.file("traces/store.db");
};

}  // namespace seamtrace::collector::testing
