"""What every check shares: the root, the tracked files, and how findings are reported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked_files(root, *suffixes):
    """Paths below `root` (relative, sorted) that git tracks, or every file when it is no checkout."""
    root = Path(root)
    if (root / ".git").exists():
        listing = subprocess.run(["git", "-C", str(root), "ls-files", "-z"],
                                 check=True, capture_output=True, text=True).stdout
        names = [name for name in listing.split("\0") if name]
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    # A file that was removed but not yet committed is listed and absent.
    return sorted(name for name in names
                  if (not suffixes or name.endswith(suffixes)) and (root / name).is_file())


def finish(check, findings):
    """Prints the findings; exit code 1 when there is any."""
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(f"{check}: {len(findings)} finding(s)", file=sys.stderr)
        sys.exit(1)
    print(f"{check}: ok")
