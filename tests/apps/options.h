// Options: `--name value` pairs of a subject's command line.
// Failure: an unknown shape ends the program with code 2.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps {

class Options {
 public:
  Options(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view name = argv[i];
      if (!name.starts_with("--") || i + 1 == argc) {
        std::fprintf(stderr, "%s: expected --name value, got %s\n", argv[0], argv[i]);
        std::exit(2);
      }
      values_.emplace_back(name.substr(2), argv[++i]);
    }
  }

  std::string text(std::string_view name, std::string_view otherwise = "") const {
    for (const auto& [key, value] : values_)
      if (key == name) return value;
    return std::string(otherwise);
  }

  int number(std::string_view name, int otherwise) const {
    const std::string value = text(name);
    return value.empty() ? otherwise : std::atoi(value.c_str());
  }

  std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : values_)
      if (key == name) found.push_back(value);
    return found;
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

/// Tells the harness where the server listens.
inline void announce(int port) {
  std::printf("listening on %d\n", port);
  std::fflush(stdout);
}

}  // namespace apps
