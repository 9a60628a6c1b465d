// What the tests of RedisCodec share: commands as a client writes them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/redis/redis_codec.h"
#include "agent/codecs/testing/dialogue.h"

namespace seamtrace::agent::codecs {

/// `words` as an array of bulk strings.
inline std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

}  // namespace seamtrace::agent::codecs
