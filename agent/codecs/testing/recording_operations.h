// RecordingOperations: what a codec says, as lines of text; for tests and fuzzers.
// Lines are the same however the input was split: text is written when it is complete.
#pragma once

#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/operations.h"

namespace seamtrace::agent::codecs {

class RecordingOperations final : public Operations {
 public:
  /// Everything so far, one line for each operation that ended, each connection event, and (with
  /// in_flight()) each operation that has not ended.
  const std::string& log() const { return log_; }
  size_t in_flight() const { return queue_.size(); }
  size_t begun() const { return begun_; }
  size_t finished() const { return finished_; }
  /// Operations beyond this many in flight are refused.
  void limit(size_t most) { most_ = most; }
  /// Operations from now on are not recorded, as if not sampled.
  void record_nothing() { recorded_ = false; }

  std::string pending() const {
    std::string lines;
    for (const Entry& entry : queue_) lines += "in flight" + describe(entry) + "\n";
    return lines;
  }

  Operation* begin() override {
    if (queue_.size() >= most_) return nullptr;
    Entry& entry = queue_.emplace_back();
    entry.operation.recorded = recorded_;
    entry.namespace_name = namespace_;
    ++begun_;
    return &entry.operation;
  }
  void add(wire::SliceKind kind, const char* bytes, size_t size) override {
    if (queue_.empty() || !recorded_) return;
    queue_.back().slices.push_back({kind, std::string(bytes, size), false});
  }
  void append(const char* bytes, size_t size) override {
    if (queue_.empty() || queue_.back().slices.empty() || !recorded_) return;
    queue_.back().slices.back().text.append(bytes, size);
  }
  void mark_truncated() override {
    if (!queue_.empty() && !queue_.back().slices.empty())
      queue_.back().slices.back().truncated = true;
  }
  void withdraw_newest() override {
    if (!queue_.empty()) queue_.pop_back();
  }
  void finish_newest() override {
    if (queue_.empty()) return;
    log_ += "sent" + describe(queue_.back()) + "\n";
    ++finished_;
    queue_.pop_back();
  }

  Operation* oldest() override { return queue_.empty() ? nullptr : &queue_.front().operation; }
  Operation* newest() override { return queue_.empty() ? nullptr : &queue_.back().operation; }
  Operation* after(const Operation* operation) override {
    for (auto entry = queue_.begin(); entry != queue_.end(); ++entry)
      if (&entry->operation == operation)
        return ++entry == queue_.end() ? nullptr : &entry->operation;
    return nullptr;
  }
  void answer_begins() override {
    if (!queue_.empty()) queue_.front().answered = true;
  }
  void error(const char* code, size_t size) override {
    if (queue_.empty() || queue_.front().operation.failed) return;
    queue_.front().operation.failed = true;
    queue_.front().error.assign(code, size);
  }
  void finish(Ending ending) override {
    if (queue_.empty()) return;
    log_ += (ending == Ending::kSkipped ? "skipped" : "answered") + describe(queue_.front()) + "\n";
    ++finished_;
    queue_.pop_front();
  }
  void withdraw_oldest() override {
    if (!queue_.empty()) queue_.pop_front();
  }

  void prepare(uint64_t key, uint32_t tag) override { texts_.push_back({key, tag, false, {}}); }
  void prepare_text(const char* bytes, size_t size) override {
    if (!texts_.empty()) texts_.back().text.append(bytes, size);
  }
  void prepared() override { confirm(nullptr); }
  void prepared_as(uint64_t key) override { confirm(&key); }
  void prepare_failed() override {
    for (auto text = texts_.begin(); text != texts_.end(); ++text) {
      if (text->confirmed) continue;
      texts_.erase(text);
      return;
    }
  }
  void drop_unconfirmed(uint32_t tag) override {
    texts_.remove_if([&](const Text& text) { return !text.confirmed && text.tag == tag; });
  }
  bool use_prepared(uint64_t key) override {
    for (auto text = texts_.rbegin(); text != texts_.rend(); ++text) {
      if (text->key != key) continue;
      add(wire::SliceKind::kStatement, text->text.data(), text->text.size());
      return true;
    }
    if (!queue_.empty()) queue_.back().operation.facts.flags |= wire::kFlagTextMissing;
    return false;
  }
  void forget_prepared(uint64_t key) override {
    texts_.remove_if([&](const Text& text) { return text.key == key; });
  }
  void forget_all_prepared() override { texts_.clear(); }

  void set_namespace(const char* name, size_t size) override { namespace_.assign(name, size); }
  void set_user(const char* name, size_t size) override {
    log_ += "user " + std::string(name, size) + "\n";
  }
  void set_protocol(wire::Protocol protocol) override {
    log_ += "protocol " + std::to_string(static_cast<int>(protocol)) + "\n";
  }
  void ready() override {
    if (!ready_) log_ += "ready\n";
    ready_ = true;
  }
  void rejected(const char* code, size_t size) override {
    log_ += "rejected " + std::string(code, size) + "\n";
  }
  void in_transaction(bool open) override {
    if (open != in_transaction_) log_ += open ? "transaction\n" : "no transaction\n";
    in_transaction_ = open;
  }

 private:
  struct Slice {
    wire::SliceKind kind;
    std::string text;
    bool truncated;
  };
  struct Entry {
    Operation operation{};
    std::vector<Slice> slices;
    std::string error;
    std::string namespace_name;
    bool answered = false;
  };
  struct Text {
    uint64_t key;
    uint32_t tag;
    bool confirmed;
    std::string text;
  };

  static std::string describe(const Entry& entry) {
    const wire::DatabaseFacts& facts = entry.operation.facts;
    std::string line;
    if (facts.command != 0) line += " command=" + std::to_string(facts.command);
    if (!entry.namespace_name.empty()) line += " in=" + entry.namespace_name;
    for (const Slice& slice : entry.slices)
      line += (slice.kind == wire::SliceKind::kArgument ? " [" : " {") + slice.text +
              (slice.truncated ? "..." : "") +
              (slice.kind == wire::SliceKind::kArgument ? "]" : "}");
    if (entry.operation.failed) line += " error=" + entry.error;
    if ((facts.flags & wire::kFlagRowsKnown) != 0) line += " rows=" + std::to_string(facts.rows);
    if (facts.batch_size > 1) line += " batch=" + std::to_string(facts.batch_size);
    if ((facts.flags & wire::kFlagReadsCache) != 0)
      line += " hits=" + std::to_string(facts.hits) + " misses=" + std::to_string(facts.misses);
    if ((facts.flags & wire::kFlagParameterised) != 0) line += " parameterised";
    if ((facts.flags & wire::kFlagQueued) != 0) line += " queued";
    if ((facts.flags & wire::kFlagTextMissing) != 0) line += " text-missing";
    if ((facts.flags & wire::kFlagInTransaction) != 0) line += " in-transaction";
    return line;
  }
  void confirm(const uint64_t* key) {
    for (auto text = texts_.begin(); text != texts_.end(); ++text) {
      if (text->confirmed) continue;
      const uint64_t own = key != nullptr ? *key : text->key;
      text->confirmed = true;
      text->key = own;
      texts_.remove_if([&](const Text& other) {
        return &other != &*text && other.confirmed && other.key == own;
      });
      return;
    }
  }

  std::deque<Entry> queue_;
  std::list<Text> texts_;
  std::string log_;
  std::string namespace_;
  size_t most_ = 1024;
  size_t begun_ = 0;
  size_t finished_ = 0;
  bool recorded_ = true;
  bool ready_ = false;
  bool in_transaction_ = false;
};

}  // namespace seamtrace::agent::codecs
