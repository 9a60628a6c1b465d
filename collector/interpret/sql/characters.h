// Characters: what a byte may be in SQL.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace seamtrace::collector {

enum class CharacterClass : uint8_t { kOther, kSpace, kLetter, kDigit };

namespace internal {
constexpr std::array<CharacterClass, 256> make_classes() {
  std::array<CharacterClass, 256> classes{};
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'})
    classes[static_cast<unsigned char>(c)] = CharacterClass::kSpace;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = CharacterClass::kDigit;
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 32] = CharacterClass::kLetter;
  classes['_'] = CharacterClass::kLetter;
  for (size_t c = 0x80; c < 256; ++c) classes[c] = CharacterClass::kLetter;
  return classes;
}
inline constexpr std::array<CharacterClass, 256> kClasses = make_classes();
}  // namespace internal

/// Every byte beyond ASCII counts as a letter.
constexpr CharacterClass class_of(char c) {
  return internal::kClasses[static_cast<unsigned char>(c)];
}

/// Of an identifier after its first character.
constexpr bool continues_name(char c) { return class_of(c) >= CharacterClass::kLetter || c == '$'; }

}  // namespace seamtrace::collector
