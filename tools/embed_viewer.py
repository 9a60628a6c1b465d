#!/usr/bin/python3
"""Turns the built viewer into a C++ file: `embed_viewer.py DIST OUTPUT`.

Every file of DIST is compressed (gzip -9, without a date, so that equal files make equal programs)
and becomes an Asset of collector/web/asset.h."""

import gzip
import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".woff2": "font/woff2",
}


def array(name, data):
    numbers = ",".join(str(byte) for byte in data)
    return f"constexpr unsigned char {name}[] = {{{numbers}}};\n"


def main():
    dist, output = Path(sys.argv[1]), Path(sys.argv[2])
    files = sorted(path for path in dist.rglob("*") if path.is_file())
    if dist / "index.html" not in files:
        sys.exit(f"embed_viewer: {dist} has no index.html; `npm run build` in viewer/ makes it")
    unknown = [path for path in files if path.suffix not in TYPES]
    if unknown:
        sys.exit(f"embed_viewer: no content type is known for {unknown[0]}: add it to TYPES")
    arrays, rows = [], []
    for number, path in enumerate(files):
        data = gzip.compress(path.read_bytes(), 9, mtime=0)
        arrays.append(array(f"kFile{number}", data))
        rows.append(f'    {{"/{path.relative_to(dist).as_posix()}", "{TYPES[path.suffix]}",\n'
                    f"     {{reinterpret_cast<const char*>(kFile{number}), sizeof(kFile{number})}}}},\n")
    output.write_text(
        '// Made by tools/embed_viewer.py.\n#include "collector/web/asset.h"\n\n'
        "namespace seamtrace::collector {\nnamespace {\n" + "".join(arrays) + "}  // namespace\n\n"
        "std::span<const Asset> viewer_assets() {\n  static const Asset kAssets[] = {\n" + "".join(rows) +
        "  };\n  return kAssets;\n}\n\n}  // namespace seamtrace::collector\n")


if __name__ == "__main__":
    main()
