#!/usr/bin/python3
"""The shipped library, checked and not assumed.

It exports only what tools/symbols/exported.txt lists, needs only what undefined.txt lists (libc,
no version newer than GLIBC_2.17 unless listed with its reason), runs before main only what
constructors.txt lists, and has no text relocations, no executable stack, no lazy thread-locals.
--update writes the three lists anew; read the difference before you commit it."""

import argparse
import re
import subprocess
from pathlib import Path

from repository import ROOT, finish

NEWEST_GLIBC = (2, 17)
# Symbols that may be newer: name -> reason.
NEWER_ALLOWED = {}
NEEDED = ["libc.so.6"]
# The loader's: bound to libc.so.6 all the same, or absent and weak.
WEAK_ALLOWED = {"__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable",
                "_ITM_registerTMCloneTable"}

# The compiler's own start-up files bring these two; they do nothing here.
COMPILERS_OWN = {"frame_dummy", "__do_global_dtors_aux"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def dynamic_symbols(library):
    """(exported names, {undefined name: (version or "", is weak)})."""
    exported, undefined = set(), {}
    for line in run("readelf", "--dyn-syms", "--wide", library).splitlines():
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
            continue
        binding, section, name = fields[4], fields[6], fields[7]
        name, _, version = name.partition("@")
        version = version.lstrip("@")
        if section == "UND":
            undefined[name] = (version, binding == "WEAK")
        elif binding != "LOCAL" and section != "ABS":
            exported.add(name)
    return exported, undefined


def read_list(path):
    if not path.exists():
        return None
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return {line for line in lines if line}


def compare(kind, wanted, found):
    if wanted is None:
        yield f"tools/symbols/{kind}.txt is missing: run tools/check_symbols.py --update"
        return
    for name in sorted(found - wanted):
        yield f"{kind}: {name} is new; list it in tools/symbols/{kind}.txt if it is meant"
    for name in sorted(wanted - found):
        yield f"{kind}: {name} is listed and gone; take it off tools/symbols/{kind}.txt"


def check_versions(undefined):
    for name, (version, weak) in sorted(undefined.items()):
        if not version:
            if not (weak and name in WEAK_ALLOWED):
                yield f"undefined: {name} is not libc's"
            continue
        match = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", version)
        if not match:
            yield f"undefined: {name} has the version {version}, which is not public libc"
        elif tuple(map(int, match.groups())) > NEWEST_GLIBC and name not in NEWER_ALLOWED:
            yield (f"undefined: {name} needs {version}; the newest allowed is "
                   f"GLIBC_{NEWEST_GLIBC[0]}.{NEWEST_GLIBC[1]}")
    if "__tls_get_addr" in undefined:
        yield "thread-locals are not initial-exec: __tls_get_addr is called"


def check_dynamic_section(library):
    text = run("readelf", "--dynamic", "--wide", library)
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", text)
    if needed != NEEDED:
        yield f"needs {', '.join(needed) or 'nothing'}; only {', '.join(NEEDED)} is allowed"
    if "(TEXTREL)" in text or re.search(r"\(FLAGS\).*TEXTREL", text):
        yield "has text relocations"
    for tag in ("RPATH", "RUNPATH", "SYMBOLIC"):
        if re.search(rf"\({tag}\)", text):
            yield f"has the dynamic tag {tag}"


def check_stack(library):
    for line in run("readelf", "--program-headers", "--wide", library).splitlines():
        if "GNU_STACK" in line:
            if " RWE " in line:
                yield "asks for an executable stack"
            return
    yield "does not say that its stack is not executable"


def array_entries(library, name):
    """Names of the functions in an array section; their addresses where the library is stripped."""
    sections = run("readelf", "--sections", "--wide", library)
    match = re.search(rf"\s{re.escape(name)}\s+\S+\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)", sections)
    if not match:
        return []
    start, size = (int(text, 16) for text in match.groups())
    names = {}
    for line in run("readelf", "--syms", "--wide", library).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[3] == "FUNC":
            names[int(fields[1], 16)] = fields[7]
    entries = []
    for line in run("readelf", "--relocs", "--wide", library).splitlines():
        match = re.match(r"([0-9a-f]+)\s+[0-9a-f]+\s+R_\w+_RELATIVE\s+([0-9a-f]+)", line)
        if match and start <= int(match.group(1), 16) < start + size:
            address = int(match.group(2), 16)
            entries.append(names.get(address, hex(address)))
    missing = size // 8 - len(entries)
    return entries + ["a function of another library"] * missing


def constructors(library):
    """Functions that the loader runs, without those of the compiler's own start-up files."""
    return {entry for name in (".preinit_array", ".init_array", ".fini_array")
            for entry in array_entries(library, name)} - COMPILERS_OWN


LISTS = {
    "exported": "What libseamtrace.so exports.",
    "undefined": "What libseamtrace.so needs from libc.",
    "constructors": "What the loader runs of libseamtrace.so by itself: as little as can be.",
}


def update(folder, found):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, title in LISTS.items():
        (folder / f"{kind}.txt").write_text(
            f"# {title} Written by tools/check_symbols.py --update.\n"
            + "".join(f"{name}\n" for name in sorted(found[kind])))
    print("wrote " + ", ".join(f"{len(found[kind])} {kind}" for kind in LISTS))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", default=ROOT / "build/release/lib/libseamtrace.so")
    parser.add_argument("--lists", default=ROOT / "tools/symbols", type=Path)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    library = str(arguments.library)
    if not Path(library).exists():
        finish("symbols", [f"{library} is missing: run ./dev build"])
    exported, undefined = dynamic_symbols(library)
    found = {"exported": exported, "undefined": set(undefined), "constructors": constructors(library)}
    if arguments.update:
        update(arguments.lists, found)
    findings = [*check_versions(undefined), *check_dynamic_section(library), *check_stack(library)]
    for kind in LISTS:
        findings += compare(kind, read_list(arguments.lists / f"{kind}.txt"), found[kind])
    finish("symbols", findings)


main()
