#include "collector/ring_reader/process_facts.h"

#include <algorithm>
#include <cstring>

#include "wire/segment.h"

namespace seamtrace::collector {
namespace {

std::vector<std::string> split_at_nul(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = text.find('\0');
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

void take(ProcessFacts& facts, wire::ProcessInfoKind kind, std::string_view bytes) {
  switch (kind) {
    case wire::ProcessInfoKind::kExecutablePath:
      facts.executable_path = bytes;
      break;
    case wire::ProcessInfoKind::kCommandLine:
      facts.command_line = split_at_nul(bytes);
      break;
    case wire::ProcessInfoKind::kEnvironment: {
      const size_t equals = bytes.find('=');
      if (equals != std::string_view::npos && equals > 0)
        facts.environment.emplace(bytes.substr(0, equals), bytes.substr(equals + 1));
      break;
    }
    case wire::ProcessInfoKind::kCgroup:
      facts.cgroup += bytes;
      break;
    case wire::ProcessInfoKind::kMountInfo:
      facts.mount_info += bytes;
      break;
    case wire::ProcessInfoKind::kHostName:
      facts.host_name = bytes;
      break;
    case wire::ProcessInfoKind::kRuntime:
      facts.runtimes.emplace_back(bytes);
      break;
    case wire::ProcessInfoKind::kEnd:
      break;
  }
}

}  // namespace

std::string_view ProcessFacts::run_id() const {
  const auto found = environment.find("SEAMTRACE_RUN_ID");
  return found == environment.end() ? std::string_view{} : std::string_view(found->second);
}

void parse_process_info(std::string_view block, ProcessFacts& facts) {
  constexpr size_t kListOffset = offsetof(wire::ProcessInfo, list);
  if (block.size() < kListOffset) return;
  uint32_t size = 0;
  std::memcpy(&size, block.data(), sizeof(size));
  block.remove_prefix(kListOffset);
  block = block.substr(0, std::min<size_t>(size, block.size()));
  while (block.size() >= 4) {
    uint16_t kind = 0, length = 0;
    std::memcpy(&kind, block.data(), 2);
    std::memcpy(&length, block.data() + 2, 2);
    block.remove_prefix(4);
    if (kind == static_cast<uint16_t>(wire::ProcessInfoKind::kEnd) || length > block.size()) return;
    take(facts, static_cast<wire::ProcessInfoKind>(kind), block.substr(0, length));
    block.remove_prefix(length);
  }
}

}  // namespace seamtrace::collector
