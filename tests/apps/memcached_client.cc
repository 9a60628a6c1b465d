// memcached_client: commands of each kind over libmemcached.
//   --port N
//   --count N
#include <libmemcached/memcached.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/apps/options.h"

namespace {

void get(memcached_st* store, const std::string& key) {
  size_t size = 0;
  uint32_t flags = 0;
  memcached_return_t code;
  char* value = memcached_get(store, key.data(), key.size(), &size, &flags, &code);
  std::printf("%s: %.*s\n", memcached_strerror(store, code), static_cast<int>(size),
              value != nullptr ? value : "");
  std::free(value);
}

void get_many(memcached_st* store, const std::string& present, const std::string& missing) {
  const char* keys[] = {present.c_str(), missing.c_str()};
  const size_t sizes[] = {present.size(), missing.size()};
  memcached_mget(store, keys, sizes, 2);
  memcached_return_t code;
  while (memcached_result_st* result = memcached_fetch_result(store, nullptr, &code)) {
    std::printf("%s=%s\n", memcached_result_key_value(result), memcached_result_value(result));
    memcached_result_free(result);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  memcached_st* store = memcached_create(nullptr);
  memcached_server_add(store, "127.0.0.1", static_cast<in_port_t>(options.number("port", 11211)));
  for (int i = 0; i < options.number("count", 1); ++i) {
    const std::string key = "key" + std::to_string(i);
    const std::string missing = "missing" + std::to_string(i);
    const char value[] = "value-marker";
    std::printf("%s\n", memcached_strerror(store, memcached_set(store, key.data(), key.size(),
                                                                value, strlen(value), 0, 0)));
    get(store, key);
    get(store, missing);
    get_many(store, key, missing);
    std::printf("%s\n",
                memcached_strerror(store, memcached_delete(store, key.data(), key.size(), 0)));
  }
  memcached_free(store);
}
