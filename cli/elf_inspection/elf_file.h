// ElfFile: what an ELF file says of itself, read without trust.
// Path:    FileBytes -> [cli/elf_inspection] -> Inspection
// Memory:  owns its strings; bounded by the limits below.
// Failure: nothing when it is not ELF; `damaged` when a part points outside the
//          file, whose facts are then missing. Every offset is checked before use.
// Source:  System V ABI, chapters 4 and 5; elf(5).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/elf_inspection/file_bytes.h"

namespace seamtrace::cli {

struct ElfFile {
  bool is_64_bit = false;
  bool is_little_endian = true;
  uint16_t type = 0;     ///< ET_EXEC, ET_DYN ...
  uint16_t machine = 0;  ///< EM_X86_64 ...
  bool damaged = false;

  std::string interpreter;   ///< PT_INTERP; empty: static, or a library
  bool has_dynamic = false;  ///< PT_DYNAMIC
  bool is_pie = false;       ///< DF_1_PIE
  bool executable_stack = false;
  std::string soname;
  std::vector<std::string> needed;
  std::vector<std::string> search_paths;  ///< DT_RPATH, DT_RUNPATH
  /// Versions that the file needs of the C library, e.g. `GLIBC_2.34`.
  std::vector<std::string> libc_versions;
  std::set<std::string> sections;
  /// Names out of .dynsym and .symtab.
  std::set<std::string> defined_symbols;
  std::set<std::string> undefined_symbols;

  bool needs(const std::string& prefix) const;
  bool defines(const std::string& symbol) const { return defined_symbols.contains(symbol); }
  bool uses(const std::string& symbol) const { return undefined_symbols.contains(symbol); }
};

/// Nothing when `bytes` is not an ELF file.
std::optional<ElfFile> read_elf(const FileBytes& bytes);

/// The processor of a file, for people: `x86-64`, `arm64`, `machine 243`.
std::string machine_name(uint16_t machine);

/// e_machine of the programs that this one was built for.
uint16_t native_machine();

}  // namespace seamtrace::cli
