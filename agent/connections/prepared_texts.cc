#include "agent/connections/prepared_texts.h"

#include <string.h>

#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/pool.h"

namespace seamtrace::agent::connections {

namespace {

constexpr uint32_t kTextCapacity = 8 * 1024;
Pool<PreparedText, kTextCapacity> pool;

/// Takes the first element with `key` out of a list. Null: there is none.
PreparedText* unlink(PreparedText*& head, uint64_t key) {
  for (PreparedText** link = &head; *link != nullptr; link = &(*link)->next) {
    PreparedText* text = *link;
    if (text->key != key) continue;
    *link = text->next;
    return text;
  }
  return nullptr;
}

}  // namespace

bool open_prepared_texts() { return pool.open(); }
void unlock_prepared_texts_after_fork() { pool.unlock_after_fork(); }

// A definition left out would lend its confirmation to the next one: without room none is kept.
void PreparedTexts::define(uint64_t key, uint32_t tag) {
  PreparedText* text = exhausted_ ? nullptr : pool.take();
  if (text == nullptr) {
    clear();
    exhausted_ = true;
    ring_writer::count(wire::Counter::statements_forgotten);
    return;
  }
  text->key = key;
  text->tag = tag;
  text->next = nullptr;
  text->size = 0;
  text->truncated = false;
  if (newest_unconfirmed_ != nullptr)
    newest_unconfirmed_->next = text;
  else
    oldest_unconfirmed_ = text;
  newest_unconfirmed_ = text;
}

void PreparedTexts::append(const char* bytes, size_t size) {
  PreparedText* text = newest_unconfirmed_;
  if (text == nullptr) return;
  const size_t room = PreparedText::kCapacity - text->size;
  const size_t length = size < room ? size : room;
  memcpy(text->text + text->size, bytes, length);
  text->size = static_cast<uint16_t>(text->size + length);
  text->truncated |= length < size;
}

void PreparedTexts::confirm(const uint64_t* key) {
  PreparedText* text = oldest_unconfirmed_;
  if (text == nullptr) return;
  oldest_unconfirmed_ = text->next;
  if (oldest_unconfirmed_ == nullptr) newest_unconfirmed_ = nullptr;
  if (key != nullptr) text->key = *key;
  PreparedText*& head = bucket(text->key);
  if (PreparedText* old = unlink(head, text->key)) pool.give_back(old);
  text->next = head;
  head = text;
}

void PreparedTexts::drop_oldest_unconfirmed() {
  PreparedText* text = oldest_unconfirmed_;
  if (text == nullptr) return;
  oldest_unconfirmed_ = text->next;
  if (oldest_unconfirmed_ == nullptr) newest_unconfirmed_ = nullptr;
  pool.give_back(text);
}

void PreparedTexts::drop_unconfirmed(uint32_t tag) {
  PreparedText* last = nullptr;
  for (PreparedText** link = &oldest_unconfirmed_; *link != nullptr;) {
    PreparedText* text = *link;
    if (text->tag == tag) {
      *link = text->next;
      pool.give_back(text);
    } else {
      last = text;
      link = &text->next;
    }
  }
  newest_unconfirmed_ = last;
}

const PreparedText* PreparedTexts::find(uint64_t key) const {
  // A pipeline defines and runs thousands in turn: the list is not gone through for each.
  if (newest_unconfirmed_ != nullptr && newest_unconfirmed_->key == key) return newest_unconfirmed_;
  const PreparedText* found = nullptr;
  for (const PreparedText* text = oldest_unconfirmed_; text != nullptr; text = text->next)
    if (text->key == key) found = text;
  if (found != nullptr) return found;
  for (const PreparedText* text = const_cast<PreparedTexts*>(this)->bucket(key); text != nullptr;
       text = text->next)
    if (text->key == key) return text;
  return nullptr;
}

void PreparedTexts::forget(uint64_t key) {
  if (PreparedText* text = unlink(bucket(key), key)) pool.give_back(text);
}

void PreparedTexts::clear() {
  while (oldest_unconfirmed_ != nullptr) drop_oldest_unconfirmed();
  for (PreparedText*& head : confirmed_) {
    while (head != nullptr) {
      PreparedText* text = head;
      head = text->next;
      pool.give_back(text);
    }
  }
}

}  // namespace seamtrace::agent::connections
