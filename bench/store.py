#!/usr/bin/python3
"""What the store costs: spans a second, bytes a span, memory, and the time of questions.

The traffic is that of a gateway, a shop, PostgreSQL, Redis and a payment service: some eight spans a trace, urls and
keys with ids, a few errors. `now` writes it as it comes at 300,000 spans a second, so that a trace comes in several
commits; `hour` spreads it over an hour, and the questions are asked of that file."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import report
from subjects import ROOT

PROGRAMS = ROOT / "build/release/bench"
QUESTIONS = {
    "percentiles_of_an_hour": "services and operations with percentiles, an hour",
    "edges_of_an_hour": "edges of the map, an hour",
    "newest_100_traces": "the newest 100 traces",
    "one_trace": "one trace by its id, unpacked",
    "rare_attribute": "a rare attribute value, every trace unpacked",
}


def run(program, *arguments):
    """The JSON that a program prints."""
    done = subprocess.run([PROGRAMS / program, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: {program} failed")
    return json.loads(done.stdout)


def measure(spans, folder):
    burst = run("store_bench", "write", Path(folder) / f"burst-{spans}", spans, 300_000)
    path = Path(folder) / f"hour-{spans}"
    hour = run("store_bench", "write", path, spans, spans / 3600)
    return {"burst": burst, "hour": hour, "questions": run("store_bench", "query", path)}


def write_table(results):
    yield ("| spans | traffic | written | by CPU time | bytes a span | memory of the writer | "
           "longest commit (20,000 spans) |")
    yield "|-|-|-|-|-|-|-|"
    for spans, result in results.items():
        for name, words in (("burst", "now"), ("hour", "hour")):
            row = result[name]
            yield (f"| {spans:,} | {words} | {row['spans'] / row['seconds']:,.0f} a second | "
                   f"{row['spans'] / row['cpu_seconds']:,.0f} a second | "
                   f"{row['bytes'] / row['spans']:.1f} | {row['memory_bytes'] / 2**20:.0f} MB | "
                   f"{row['longest_write_seconds'] * 1000:.0f} ms |")


def question_table(results):
    yield "| question | " + " | ".join(f"{spans:,} spans" for spans in results) + " |"
    yield "|-" * (len(results) + 1) + "|"
    for name, words in QUESTIONS.items():
        cells = (f"{result['questions'][name]['ms']:,.2f} ms" for result in results.values())
        yield f"| {words} | " + " | ".join(cells) + " |"


def page(results, kills):
    lines = ["Made by", "", report.command_line("store"), "", "on", "", *report.machine_lines(), "",
             *write_table(results), "", *question_table(results)]
    if kills:
        lines += ["", f"A writer was killed {kills['kills']} times at random moments: of "
                  f"{kills['batches_acknowledged']:,} batches that it had acknowledged, none was lost or counted twice."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench store", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, nargs="*", default=[1_000_000],
                        help="sizes of the stores (default: 1000000)")
    parser.add_argument("--kills", type=int, default=0, help="also kill a writer so often")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    parser.add_argument("--folder", help="where the files go (default: a temporary folder)")
    parser.add_argument("--write", type=Path, help="put the tables into this page")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory(prefix="seamtrace-bench-", dir=arguments.folder) as folder:
        for spans in arguments.spans:
            results[spans] = measure(spans, folder)
    kills = run("store_kills", arguments.kills, arguments.seed) if arguments.kills else None
    text = page(results, kills)
    print(text)
    if arguments.write:
        report.write_into(arguments.write, "bench store", text)


if __name__ == "__main__":
    sys.exit(main())
