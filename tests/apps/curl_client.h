// What both libcurl clients print: the same for the same answers, in whatever order they came.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

namespace apps {

class Tally {
 public:
  void add(CURLcode code, long status, const std::string& body) {
    if (code != CURLE_OK) {
      ++failures_[code];
      return;
    }
    ++statuses_[status];
    uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    checksum_ += hash;
    bytes_ += body.size();
  }

  void print() const {
    for (const auto& [status, count] : statuses_) std::printf("status %ld: %d\n", status, count);
    for (const auto& [code, count] : failures_)
      std::printf("error %d (%s): %d\n", code, curl_easy_strerror(code), count);
    std::printf("bytes %zu checksum %016llx\n", bytes_, static_cast<unsigned long long>(checksum_));
  }

  bool clean() const { return failures_.empty(); }

 private:
  std::map<long, int> statuses_;
  std::map<CURLcode, int> failures_;
  size_t bytes_ = 0;
  uint64_t checksum_ = 0;  // a sum, so that the order does not matter
};

inline size_t append_body(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

/// `url` with every `{}` replaced by `index`.
inline std::string url_of(std::string url, int index) {
  for (size_t at; (at = url.find("{}")) != std::string::npos;)
    url.replace(at, 2, std::to_string(index));
  return url;
}

}  // namespace apps
