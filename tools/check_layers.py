#!/usr/bin/python3
"""Who may include whom. The folders are the pipeline; this table is its law.

A folder may include itself, the folders in its row, and nothing else of the repository. The longest
row that fits a path counts, so a subfolder may have a stricter or a wider row than its parent.
The subfolders of an ISOLATED row (codecs/http1 and codecs/redis) may not include each other: they reach
what they share in the parent folder itself."""

import argparse
import re
from pathlib import PurePosixPath

from repository import ROOT, finish, tracked_files

# folder -> folders it may include besides itself. In the order in which a byte meets them.
LAYERS = {
    # The contract: stands on the standard library alone.
    "wire": [],
    # The traced process. Everybody counts losses and bypasses: hence segment_writer.h in most rows.
    "agent/runtime": ["agent/codecs/propagation/propagation.h", "wire"],  # settings name the formats
    "agent/codecs": ["agent/runtime", "wire"],
    "agent/ring_writer": ["agent/runtime", "wire"],
    "agent/spans": ["agent/codecs", "agent/ring_writer", "agent/runtime", "wire"],
    "agent/context": ["agent/spans/exchange.h", "agent/codecs/propagation",
                      "agent/ring_writer/segment_writer.h", "agent/runtime", "wire"],
    "agent/connections": ["agent/codecs", "agent/spans", "agent/context",
                          "agent/ring_writer/segment_writer.h", "agent/ring_writer/targets.h",
                          "agent/runtime", "wire"],
    "agent/hooks": ["agent/pipeline.h", "agent/connections", "agent/context", "agent/adapters",
                    "agent/ring_writer/segment_writer.h", "agent/runtime", "wire"],
    "agent/adapters": ["agent/context", "agent/spans/exchange.h",
                       "agent/ring_writer/segment_writer.h", "agent/runtime", "wire"],
    # The collector.
    "collector/support": ["wire"],
    "collector/ring_reader": ["collector/support", "wire"],
    "collector/interpret": ["collector/ring_reader/record.h", "collector/support", "wire"],
    "collector/process": ["collector/interpret", "collector/ring_reader/process_facts.h",
                          "collector/support", "wire"],
    "collector/export": ["collector/process", "collector/interpret/span.h", "collector/support", "wire"],
    "collector/store": ["collector/process", "collector/interpret/span.h", "collector/export/exporter.h",
                        "collector/export/batch_queue.h", "collector/support", "wire"],
    "collector/query": ["collector/store", "collector/process", "collector/interpret/span.h",
                        "collector/ring_reader/ring_reader.h", "collector/export/exporter.h",
                        "collector/export/text.h", "collector/export/otlp/otlp_encoder.h",
                        "collector/support", "wire"],
    "collector/web": ["collector/query", "collector/store", "collector/support", "wire"],
    "collector/receive": ["collector/web/http_message.h", "collector/process", "collector/interpret/span.h",
                          "collector/support", "wire"],
    # The pipelines and the ends that people touch.
    "agent": ["agent/*", "wire", "include"],
    "collector": ["collector/*", "wire"],
    "cli": ["collector", "collector/*", "wire"],
    "include": [],
}

# Each subfolder is one protocol or one back end, and knows no other.
ISOLATED = {"agent/codecs", "collector/export"}

# Libraries that only one place may know: (header prefix, folders).
LIBRARIES = [
    ("curl/", ["collector/export"]),
    ("protozero/", ["collector/export", "collector/receive"]),
    ("nghttp2/", ["collector/receive/grpc"]),
    ("sqlite3.h", ["collector/store"]),
    ("zstd.h", ["collector/store"]),
    ("zlib.h", ["collector/export", "collector/web", "collector/receive"]),
    ("CLI/", ["cli"]),
    ("fmt/", ["collector", "cli"]),
    ("nlohmann/", ["collector", "cli"]),
    ("yaml-cpp/", ["collector", "cli"]),
]

# Tests, benchmarks and fuzzers look at whatever they need.
EXEMPT = re.compile(r"(_test|_test_support|_bench|_fuzz)\.(cc|h)$|(^|/)testing/|^(tests|bench|fuzz|tools|examples)/")
INCLUDE = re.compile(r'^\s*#\s*include(?:_next)?\s*(["<])([^">]+)[">]')
FOLDERS = ("wire", "agent", "collector", "cli", "include", "tests", "bench", "fuzz", "tools")


def layer_of(path):
    """The longest row that holds `path`, or None."""
    for parent in PurePosixPath(path).parents:
        if str(parent) in LAYERS:
            return str(parent)
    return None


def below(path, folder):
    return path == folder or path.startswith(folder + "/")


def protocol_folder(path, layer):
    """`agent/codecs/http1` for a file in that subfolder of its row, the row itself otherwise."""
    first = PurePosixPath(path).relative_to(layer).parts[0]
    return f"{layer}/{first}" if "/" in path[len(layer) + 1:] else layer


def allowed(source, target):
    source_layer, target_layer = layer_of(source), layer_of(target)
    if source_layer == target_layer:
        if source_layer not in ISOLATED:
            return True
        mine, theirs = protocol_folder(source, source_layer), protocol_folder(target, target_layer)
        return mine == theirs or theirs == source_layer or mine == source_layer
    for row in LAYERS[source_layer]:
        if row.endswith("/*"):
            if below(target, row[:-2]):
                return True
        elif row in LAYERS:
            if target_layer == row:
                return True
        elif below(target, row):
            return True
    return False


def check_repository_include(source, target):
    if layer_of(source) is None:
        return "lies in no folder of the table in tools/check_layers.py: give it a row"
    if EXEMPT.search(target):
        return f"includes {target}, which is for tests only"
    if layer_of(target) is None:
        return f"includes {target}, which lies in no folder of the table"
    if not allowed(source, target):
        return f"may not include {target}: {layer_of(source)} must not know {layer_of(target)}"
    return None


def check_library_include(source, header):
    for prefix, folders in LIBRARIES:
        if header.startswith(prefix) and not any(below(source, folder) for folder in folders):
            return f"may not include <{header}>: only {' and '.join(folders)} may"
    if below(source, "wire") and ("/" in header or header.endswith((".h", ".hpp"))):
        return f"may not include <{header}>: wire stands on the standard library alone"
    return None


def check_file(root, source):
    with open(f"{root}/{source}", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, name = match.groups()
            if name.startswith("seamtrace/"):
                name = "include/" + name
            if name.startswith(tuple(folder + "/" for folder in FOLDERS)):
                problem = check_repository_include(source, name)
            elif quote == "<" or any(name.startswith(prefix) for prefix, _ in LIBRARIES):
                problem = check_library_include(source, name)
            else:
                problem = f'includes "{name}": name it from the repository root'
            if problem:
                yield f"{source}:{number}: {problem}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=ROOT)
    root = parser.parse_args().root
    findings = []
    for source in tracked_files(root, ".cc", ".h", ".c", ".S", ".def"):
        if not EXEMPT.search(source):
            findings += check_file(root, source)
    finish("layers", findings)


main()
