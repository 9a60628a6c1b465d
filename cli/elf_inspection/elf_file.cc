#include "cli/elf_inspection/elf_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace seamtrace::cli {

namespace {

// Far above any real program; what a lying header claims beyond is not read.
constexpr size_t kMostHeaders = 4096;
constexpr size_t kMostSymbols = 2'000'000;
constexpr size_t kMostDynamicEntries = 4096;
constexpr size_t kLongestName = 4096;

struct Types32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Section = Elf32_Shdr;
  using Dynamic = Elf32_Dyn;
  using Symbol = Elf32_Sym;
};
struct Types64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Section = Elf64_Shdr;
  using Dynamic = Elf64_Dyn;
  using Symbol = Elf64_Sym;
};

/// The NUL-terminated text at `offset`; empty when it does not end within the table.
std::string text_at(const std::vector<uint8_t>& table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const auto* begin = reinterpret_cast<const char*>(table.data()) + offset;
  const size_t room = std::min<size_t>(table.size() - offset, kLongestName);
  const void* end = std::memchr(begin, '\0', room);
  return end == nullptr ? std::string() : std::string(begin, static_cast<const char*>(end));
}

template <typename Types>
class Reader {
 public:
  Reader(const FileBytes& bytes, ElfFile& elf) : bytes_(bytes), elf_(elf) {}

  void read() {
    typename Types::Header header{};
    if (!fetch(0, header)) return damaged();
    elf_.type = header.e_type;
    elf_.machine = header.e_machine;
    // A foreign byte order means a foreign machine; nothing more is of interest then.
    if (!elf_.is_little_endian) return;
    if (header.e_phnum != 0) {
      if (header.e_phentsize != sizeof(typename Types::Segment)) return damaged();
      segments_ = table<typename Types::Segment>(header.e_phoff, header.e_phnum);
    }
    if (header.e_shnum != 0) {
      if (header.e_shentsize == sizeof(typename Types::Section))
        sections_ = table<typename Types::Section>(header.e_shoff, header.e_shnum);
      else
        damaged();
    }
    for (const auto& segment : segments_) read_segment(segment);
    read_section_names(header.e_shstrndx);
    for (const auto& section : sections_)
      if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB) read_symbols(section);
  }

 private:
  void damaged() { elf_.damaged = true; }

  template <typename T>
  bool fetch(uint64_t offset, T& value) {
    const auto piece = bytes_.read(offset, sizeof(T));
    if (!piece) return false;
    std::memcpy(&value, piece->data(), sizeof(T));
    return true;
  }

  template <typename T>
  std::vector<T> table(uint64_t offset, size_t count) {
    if (count > kMostHeaders && !std::is_same_v<T, typename Types::Symbol>) {
      damaged();
      count = kMostHeaders;
    }
    const auto piece = bytes_.read(offset, count * sizeof(T));
    if (!piece) {
      damaged();
      return {};
    }
    std::vector<T> entries(count);
    if (!piece->empty()) std::memcpy(entries.data(), piece->data(), piece->size());
    return entries;
  }

  /// Where an address of memory lies in the file.
  std::optional<uint64_t> file_offset(uint64_t address) const {
    for (const auto& segment : segments_) {
      if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
      const uint64_t distance = address - segment.p_vaddr;
      if (distance < segment.p_filesz) return segment.p_offset + distance;
    }
    return {};
  }

  void read_segment(const typename Types::Segment& segment) {
    switch (segment.p_type) {
      case PT_INTERP: {
        const auto piece = segment.p_filesz <= kLongestName
                               ? bytes_.read(segment.p_offset, segment.p_filesz)
                               : std::nullopt;
        if (!piece) return damaged();
        elf_.interpreter = text_at(*piece, 0);
        if (elf_.interpreter.empty()) damaged();
        break;
      }
      case PT_DYNAMIC:
        elf_.has_dynamic = true;
        read_dynamic(segment.p_offset, segment.p_filesz);
        break;
      case PT_GNU_STACK:
        elf_.executable_stack = (segment.p_flags & PF_X) != 0;
        break;
      default:
        break;
    }
  }

  void read_dynamic(uint64_t offset, uint64_t size) {
    const size_t count =
        std::min<uint64_t>(size / sizeof(typename Types::Dynamic), kMostDynamicEntries);
    const auto entries = table<typename Types::Dynamic>(offset, count);
    uint64_t strings_address = 0, strings_size = 0, versions_address = 0, versions_count = 0;
    for (const auto& entry : entries) {
      if (entry.d_tag == DT_NULL) break;
      switch (entry.d_tag) {
        case DT_STRTAB:
          strings_address = entry.d_un.d_ptr;
          break;
        case DT_STRSZ:
          strings_size = entry.d_un.d_val;
          break;
        case DT_VERNEED:
          versions_address = entry.d_un.d_ptr;
          break;
        case DT_VERNEEDNUM:
          versions_count = entry.d_un.d_val;
          break;
        case DT_FLAGS_1:
          elf_.is_pie = (entry.d_un.d_val & DF_1_PIE) != 0;
          break;
        default:
          break;
      }
    }
    if (strings_address == 0) return;
    const auto strings_offset = file_offset(strings_address);
    const auto strings = strings_offset ? bytes_.read(*strings_offset, strings_size) : std::nullopt;
    if (!strings) return damaged();
    for (const auto& entry : entries) {
      if (entry.d_tag == DT_NULL) break;
      const auto name = [&] { return text_at(*strings, entry.d_un.d_val); };
      if (entry.d_tag == DT_NEEDED) elf_.needed.push_back(name());
      if (entry.d_tag == DT_SONAME) elf_.soname = name();
      if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) elf_.search_paths.push_back(name());
    }
    if (versions_address != 0) read_version_needs(versions_address, versions_count, *strings);
  }

  // Elf32_Verneed and Elf64_Verneed are laid out alike.
  void read_version_needs(uint64_t address, uint64_t count, const std::vector<uint8_t>& strings) {
    auto offset = file_offset(address);
    if (!offset) return damaged();
    for (uint64_t i = 0; i < std::min<uint64_t>(count, kMostHeaders); ++i) {
      Elf64_Verneed need{};
      if (!fetch(*offset, need)) return damaged();
      uint64_t version_offset = *offset + need.vn_aux;
      for (uint16_t k = 0; k < need.vn_cnt; ++k) {
        Elf64_Vernaux version{};
        if (!fetch(version_offset, version)) return damaged();
        const std::string name = text_at(strings, version.vna_name);
        if (name.starts_with("GLIBC_")) elf_.libc_versions.push_back(name);
        if (version.vna_next == 0) break;
        version_offset += version.vna_next;
      }
      if (need.vn_next == 0) break;
      *offset += need.vn_next;
    }
  }

  void read_section_names(uint16_t index) {
    if (index >= sections_.size()) return;
    const auto names = bytes_.read(sections_[index].sh_offset, sections_[index].sh_size);
    if (!names) return damaged();
    for (const auto& section : sections_) elf_.sections.insert(text_at(*names, section.sh_name));
  }

  void read_symbols(const typename Types::Section& section) {
    if (section.sh_link >= sections_.size()) return damaged();
    const auto& strings_section = sections_[section.sh_link];
    const auto strings = bytes_.read(strings_section.sh_offset, strings_section.sh_size);
    if (!strings) return damaged();
    const size_t count =
        std::min<uint64_t>(section.sh_size / sizeof(typename Types::Symbol), kMostSymbols);
    for (const auto& symbol : table<typename Types::Symbol>(section.sh_offset, count)) {
      std::string name = text_at(*strings, symbol.st_name);
      if (name.empty()) continue;
      // .symtab spells a versioned name as name@VERSION.
      if (const size_t at = name.find('@'); at != std::string::npos) name.resize(at);
      (symbol.st_shndx == SHN_UNDEF ? elf_.undefined_symbols : elf_.defined_symbols)
          .insert(std::move(name));
    }
  }

  const FileBytes& bytes_;
  ElfFile& elf_;
  std::vector<typename Types::Segment> segments_;
  std::vector<typename Types::Section> sections_;
};

}  // namespace

bool ElfFile::needs(const std::string& prefix) const {
  return std::ranges::any_of(needed,
                             [&](const std::string& name) { return name.starts_with(prefix); });
}

std::optional<ElfFile> read_elf(const FileBytes& bytes) {
  const auto ident = bytes.read(0, EI_NIDENT);
  if (!ident || std::memcmp(ident->data(), ELFMAG, SELFMAG) != 0) return {};
  ElfFile elf;
  elf.is_64_bit = (*ident)[EI_CLASS] == ELFCLASS64;
  elf.is_little_endian = (*ident)[EI_DATA] == ELFDATA2LSB;
  if (elf.is_64_bit)
    Reader<Types64>(bytes, elf).read();
  else
    Reader<Types32>(bytes, elf).read();
  return elf;
}

std::string machine_name(uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86 (32-bit)";
    case EM_AARCH64:
      return "arm64";
    case EM_ARM:
      return "arm (32-bit)";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return "machine " + std::to_string(machine);
  }
}

uint16_t native_machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#elif defined(__riscv)
  return EM_RISCV;
#else
#error "name this processor here"
#endif
}

}  // namespace seamtrace::cli
