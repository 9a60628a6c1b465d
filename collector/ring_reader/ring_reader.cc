#include "collector/ring_reader/ring_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "collector/support/directory.h"
#include "collector/support/log.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMillisecond;
constexpr uint64_t kScanEvery = 100 * kMillisecond;
constexpr uint64_t kLookForDeathEvery = 100 * kMillisecond;
constexpr uint64_t kBeatEvery = kSecond;
constexpr uint64_t kNotedExitKept = 60 * kSecond;
constexpr size_t kMostUnreadable = 4096;
/// What one segment may take of a round, so that a busy one does not starve the others.
constexpr uint64_t kBudgetBytes = 1 << 20;

constexpr milliseconds kBusyPause{10};
constexpr milliseconds kLongestFullPause{10};  ///< while the exporters' queues are full
constexpr milliseconds kLongestPause{50};
constexpr milliseconds kLongestEmptyPause{100};

uint64_t in_nanoseconds(milliseconds time) {
  return static_cast<uint64_t>(time.count()) * kMillisecond;
}

/// Calls `visit` with the name of each entry of an open directory.
template <typename Visitor>
void for_each_entry(int directory, Visitor visit) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy < 0 ? nullptr : ::fdopendir(copy);
  if (entries == nullptr) {
    if (copy >= 0) ::close(copy);
    return;
  }
  while (const dirent* entry = ::readdir(entries)) visit(entry->d_name);
  ::closedir(entries);
}

}  // namespace

RingReader::RingReader(Options options)
    : options_(std::move(options)), own_namespace_(own_pid_namespace()) {}

bool RingReader::poll(RecordConsumer& consumer, uint64_t done_sequence) {
  const uint64_t now = monotonic_ns();
  if (look_now_ || now - last_scan_ns_ >= kScanEvery) scan(now);
  for (; introduced_ < attached_.size(); ++introduced_) {
    const Segment& segment = *attached_[introduced_].segment;
    consumer.attached(segment.id(), segment.facts());
  }
  uint64_t most = 0;
  bool changed = false;
  for (Attached& attached : attached_) {
    const bool was_alive = attached.ended_ns == 0;
    most = std::max(most, serve(attached, consumer, done_sequence, now));
    changed = changed || attached.buried || was_alive != (attached.ended_ns == 0);
  }
  look_now_ = false;
  std::erase_if(attached_, [](const Attached& attached) { return attached.buried; });
  introduced_ = attached_.size();

  const bool busy = most > 0 || changed;
  if (most >= kBudgetBytes) {
    pause_ = milliseconds{0};
  } else if (busy) {
    pause_ = kBusyPause;
  } else {
    const milliseconds longest = !consumer.ready()   ? kLongestFullPause
                                 : attached_.empty() ? kLongestEmptyPause
                                                     : kLongestPause;
    pause_ = std::min(longest, std::max(kBusyPause, pause_ * 2));
  }
  return busy;
}

void RingReader::scan(uint64_t now) {
  last_scan_ns_ = now;
  const FileDescriptor base(
      ::open(options_.base_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!base) return;
  for (auto& [path, unreadable] : unreadable_) unreadable.seen = false;
  if (options_.uid != 0) {
    scan_user(base.get(), user_directory_name(options_.uid).c_str(), options_.uid, now);
  } else {
    for_each_entry(base.get(), [&](const char* name) {
      if (const auto uid = user_of_directory_name(name)) scan_user(base.get(), name, *uid, now);
    });
  }
  std::erase_if(unreadable_, [](const auto& entry) { return !entry.second.seen; });
  std::erase_if(noted_exits_,
                [&](const auto& entry) { return now - entry.second.noted_ns > kNotedExitKept; });
}

void RingReader::scan_user(int base, const char* name, uid_t uid, uint64_t now) {
  auto opened = open_user_directory(base, uid);
  if (!opened) {
    if (::faccessat(base, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
      reject(name, opened.error().message);
    return;
  }
  const auto directory = std::make_shared<const FileDescriptor>(std::move(*opened));
  for_each_entry(directory->get(), [&](const char* entry) {
    const std::string file = entry;
    if (!file.ends_with(wire::kSegmentSuffix)) return;
    const std::string path = std::string(name) + '/' + file;
    if (!attached_paths_.contains(path)) consider(directory, path, file, uid, now);
  });
}

void RingReader::consider(const std::shared_ptr<const FileDescriptor>& directory,
                          const std::string& path, const std::string& name, uid_t uid,
                          uint64_t now) {
  if (attached_.size() >= kMostSegments) return;
  auto file = SegmentFile::open(directory->get(), name, uid);
  if (!file) return reject(path, file.error().message);
  if (!file->lock()) return;  // another collector reads it
  // attach() takes the file; keep a second look at it for the case that it is no segment.
  auto attempt = Segment::attach(last_id_ + 1, std::move(*file), uid, clock_);
  if (auto* segment = std::get_if<std::unique_ptr<Segment>>(&attempt)) {
    ++last_id_;
    Attached attached;
    attached.segment = std::move(*segment);
    attached.directory = directory;
    attached.path = path;
    const ProcessFacts& facts = attached.segment->facts();
    attached.exit = ExitWatch(facts.pid, facts.pid_namespace, facts.start_ticks);
    attached_paths_.insert(path);
    unreadable_.erase(path);
    attached_.push_back(std::move(attached));
    return;
  }
  auto again = SegmentFile::open(directory->get(), name, uid);
  if (again)
    set_aside(*again, directory->get(), path,
              std::get<Segment::Attach>(attempt) == Segment::Attach::kForeign, now);
}

void RingReader::set_aside(SegmentFile& file, int directory, const std::string& path, bool foreign,
                           uint64_t now) {
  if (foreign) reject(path, path + ": not a segment of this version");
  if (unreadable_.size() >= kMostUnreadable) return;
  Unreadable& unreadable = unreadable_[path];
  unreadable.seen = true;
  if (file.other_writer() != SegmentFile::Writer::kAbsent) {
    unreadable.no_writer_since_ns = 0;
  } else if (unreadable.no_writer_since_ns == 0) {
    unreadable.no_writer_since_ns = now;
  } else if (now - unreadable.no_writer_since_ns > in_nanoseconds(options_.abandoned_after)) {
    file.unlink(directory);
  }
}

void RingReader::reject(const std::string& path, const std::string& why) {
  if (unreadable_.size() >= kMostUnreadable) return;
  Unreadable& unreadable = unreadable_[path];
  unreadable.seen = true;
  if (unreadable.rejected) return;
  unreadable.rejected = true;
  ++gone_.rejected_segments;
  log(LogLevel::kWarning, options_.base_directory + ": left alone: " + why);
}

uint64_t RingReader::serve(Attached& attached, RecordConsumer& consumer, uint64_t done_sequence,
                           uint64_t now) {
  Segment& segment = *attached.segment;
  const uint64_t bytes = segment.service(consumer, done_sequence, kBudgetBytes, scratch_);
  if (attached.ended_ns == 0) {
    if (attached.last_beat_ns == 0 || now - attached.last_beat_ns >= kBeatEvery) {
      segment.beat(now);
      attached.last_beat_ns = now;
    }
    if (bytes == 0 && (look_now_ || now - attached.last_look_ns >= kLookForDeathEvery))
      look_for_death(attached, now);
    return bytes;  // what was written before the end is read in the next round
  }
  if (!segment.everything_read()) return bytes;
  if (!attached.slots_read) {
    if (segment.in_flight() == 0) {
      attached.slots_read = true;
    } else if (auto death = how_it_died(attached, now)) {
      death->noticed_unix_ns = realtime_ns() - (monotonic_ns() - attached.ended_ns);
      attached.slots_read = segment.read_in_flight(consumer, *death);
    }
  }
  if (attached.slots_read && segment.everything_acknowledged()) bury(attached, consumer);
  return bytes;
}

void RingReader::look_for_death(Attached& attached, uint64_t now) {
  attached.last_look_ns = now;
  const ProcessFacts& facts = attached.segment->facts();
  switch (attached.segment->file().other_writer()) {
    case SegmentFile::Writer::kPresent:
      return;
    case SegmentFile::Writer::kAbsent:
      break;
    case SegmentFile::Writer::kUnknown: {
      // The file system has no leases: only a process of our own namespace can be asked for.
      if (facts.pid_namespace == 0 || facts.pid_namespace != own_namespace_) return;
      const auto state = process_state(facts.pid);
      if (state && !state->zombie &&
          (facts.start_ticks == 0 || state->start_ticks == facts.start_ticks))
        return;
      break;
    }
  }
  attached.ended_ns = monotonic_ns();  // not `now`: it may have lived, and begun requests, since
  attached.segment->producer_ended();
}

std::optional<Death> RingReader::how_it_died(const Attached& attached, uint64_t now) const {
  const ProcessFacts& facts = attached.segment->facts();
  const bool ours = facts.pid_namespace != 0 && facts.pid_namespace == own_namespace_;
  if (const auto noted = noted_exits_.find(facts.pid); ours && noted != noted_exits_.end())
    return death_from_wait_status(noted->second.wait_status);
  if (const auto death = attached.exit.death()) return death;
  if (ours && now < attached.ended_ns + in_nanoseconds(options_.exit_status_wait))
    return std::nullopt;  // it may come yet
  if (const int signal = attached.segment->fatal_signal(); signal != 0)
    return Death{Death::Kind::kKilled, signal};
  if (attached.exit.watching() && !attached.exit.ended()) return Death{Death::Kind::kReplaced};
  return Death{};
}

void RingReader::bury(Attached& attached, RecordConsumer& consumer) {
  consumer.detached(attached.segment->id(), attached.segment->counters());
  attached.segment->file().unlink(attached.directory->get());
  const SegmentCounts& counts = attached.segment->counts();
  gone_.records += counts.records;
  gone_.invalid_records += counts.invalid_records;
  gone_.pressure_acknowledgements += counts.pressure_acknowledgements;
  attached_paths_.erase(attached.path);
  attached.buried = true;
}

void RingReader::note_exit(uint32_t pid, int wait_status) {
  constexpr size_t kMostNoted = 1024;
  if (noted_exits_.size() < kMostNoted) noted_exits_[pid] = {wait_status, monotonic_ns()};
  look_now();
}

bool RingReader::awaits_exit_status() const {
  return std::any_of(attached_.begin(), attached_.end(), [](const Attached& attached) {
    return attached.ended_ns != 0 && !attached.slots_read;
  });
}

RingReaderStatistics RingReader::statistics() const {
  RingReaderStatistics sums = gone_;
  sums.segments = attached_.size();
  for (const Attached& attached : attached_) {
    const SegmentCounts& counts = attached.segment->counts();
    sums.records += counts.records;
    sums.invalid_records += counts.invalid_records;
    sums.pressure_acknowledgements += counts.pressure_acknowledgements;
  }
  return sums;
}

}  // namespace seamtrace::collector
