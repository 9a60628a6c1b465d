// MemcachedCodec, the server's side: the form of lines and values.
#include <algorithm>
#include <cstring>

#include "agent/codecs/memcached/memcached_codec.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr uint32_t kMostLineBytes = 64 * 1024;
constexpr uint64_t kMostValueBytes = 0x7fff'ffff;

}  // namespace

Taken MemcachedCodec::response(const char* bytes, size_t size, Operations& operations) {
  if (failed_) return Taken::kNotMine;
  Input input{bytes, bytes + size, operations};
  while (input.at != input.end) {
    if (read_reply(input)) continue;
    failed_ = true;
    return Taken::kNotMine;
  }
  return Taken::kAll;
}

bool MemcachedCodec::read_reply(Input& input) {
  if (out_ == Out::kLine) return read_line(input);
  return out_ == Out::kValue ? read_value(input) : read_value_end(input);
}

bool MemcachedCodec::read_line(Input& input) {
  if (reply_bytes_ == 0) {
    if (input.operations.oldest() != nullptr) input.operations.answer_begins();
    kept_size_ = 0;
    reply_word_ = reply_word_size_ = 0;
    reply_opaque_ = 0;
    size_ = 0;
    size_is_bad_ = false;
  }
  const auto most = static_cast<size_t>(input.end - input.at);
  const void* const found = memchr(input.at, '\n', most);
  const size_t size =
      found != nullptr ? static_cast<size_t>(static_cast<const char*>(found) - input.at) : most;
  if (size >= kMostLineBytes - reply_bytes_) return false;
  reply_bytes_ += static_cast<uint32_t>(size) + 1;
  const size_t kept = std::min<size_t>(size, kKeptLine - kept_size_);
  memcpy(kept_ + kept_size_, input.at, kept);
  kept_size_ = static_cast<uint8_t>(kept_size_ + kept);
  read_words(input.at, size);
  input.at += size;
  if (found == nullptr) return true;
  ++input.at;
  return end_reply_line(input.operations);
}

// Only lines with a size or an opaque are looked into.
void MemcachedCodec::read_words(const char* bytes, size_t size) {
  if (kept_size_ == 0) return;
  const char first = kept_[0];
  if (first == 'E' && kept_size_ > 1 && kept_[1] != 'X') return;
  if (first != 'V' && first != 'H' && first != 'N' && first != 'E') return;
  const char* at = bytes;
  const char* const end = bytes + size;
  while (at != end) {
    const char* const begin = at;
    while (at != end && *at != ' ' && *at != '\r') ++at;
    if (at != begin) read_reply_word(begin, static_cast<size_t>(at - begin));
    if (at == end) return;
    ++at;
    if (reply_word_size_ > 0) end_reply_word();
  }
}

// A word, or a part of it.
void MemcachedCodec::read_reply_word(const char* bytes, size_t size) {
  if (reply_word_size_ == 0) {
    reply_first_ = *bytes;
    reply_hash_ = kHashBasis;
  }
  reply_word_size_ += static_cast<uint32_t>(size);
  if (reply_word_ == 0) return;
  const uint32_t size_word = kept_[2] == ' ' ? 1 : 3;  // `VA size`, `VALUE key flags size`
  if (reply_first_ == 'O') reply_hash_ = hash_bytes(reply_hash_, bytes, size);
  if (reply_word_ != size_word) return;
  for (size_t i = 0; i < size; ++i) {
    const auto digit = static_cast<uint8_t>(bytes[i] - '0');
    size_ = size_ * 10 + digit;
    if (digit > 9 || size_ > kMostValueBytes) {
      size_is_bad_ = true;
      size_ = 0;
    }
  }
}

void MemcachedCodec::end_reply_word() {
  if (reply_word_ > 0 && reply_first_ == 'O')
    reply_opaque_ = static_cast<uint32_t>(reply_hash_ ^ (reply_hash_ >> 32)) | 1;
  ++reply_word_;
  reply_word_size_ = 0;
}

bool MemcachedCodec::end_reply_line(Operations& operations) {
  reply_bytes_ = 0;
  if (reply_word_size_ > 0) end_reply_word();
  if (kept_size_ > 0 && kept_[kept_size_ - 1] == '\r') --kept_size_;
  first_word_size_ = 0;
  while (first_word_size_ < kept_size_ && kept_[first_word_size_] != ' ') ++first_word_size_;
  announces_data_ = false;
  if (!take_line(operations)) return false;
  if (!announces_data_) return true;
  out_ = size_ > 0 ? Out::kValue : Out::kValueEnd;
  value_left_ = size_;
  value_ending_ = false;
  return true;
}

bool MemcachedCodec::read_value(Input& input) {
  const auto size = std::min<uint64_t>(value_left_, static_cast<uint64_t>(input.end - input.at));
  input.at += size;
  value_left_ -= size;
  if (value_left_ == 0) out_ = Out::kValueEnd;
  return true;
}

bool MemcachedCodec::read_value_end(Input& input) {
  const char c = *input.at++;
  if (!value_ending_) {
    value_ending_ = true;
    return c == '\r';
  }
  out_ = Out::kLine;
  if (c != '\n') return false;
  if (!value_ends_) return true;
  Operation* const operation = input.operations.oldest();
  return operation != nullptr && finish(*operation, input.operations);
}

}  // namespace seamtrace::agent::codecs
