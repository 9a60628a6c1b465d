// Problems: what an answer about health tells that somebody should know, in sentences.
import type { ExporterHealth, HealthAnswer, ProcessHealth } from '../shared/api';
import { count, plural } from '../shared/format';
import { kCounterGroups, kLosses } from './counter_words';

export interface Problem {
  words: string;
  advice?: string | undefined;
  /** Spans are missing. */
  severe: boolean;
}

const kLossCounters = kCounterGroups.find((group) => group.title === kLosses)!.counters;
const kAdvised = ['bypass_encrypted', 'bypass_compressed', 'bypass_no_segment', 'bypass_parse_error'];

export function lossesOf(process: ProcessHealth): number {
  return Object.keys(kLossCounters).reduce(
    (sum, name) => sum + (process.counters[name] ?? 0),
    0,
  );
}

export function droppedBy(exporter: ExporterHealth): number {
  return Object.values(exporter.dropped).reduce((sum, spans) => sum + spans, 0);
}

function ofProcess(process: ProcessHealth): Problem[] {
  const who = `${process.service || 'A process'} (${process.pid})`;
  const problems: Problem[] = [];
  for (const { counters } of kCounterGroups)
    for (const [name, [meaning, advice]] of Object.entries(counters)) {
      const value = process.counters[name];
      const lost = name in kLossCounters;
      if (!value || !(lost || kAdvised.includes(name))) continue;
      problems.push({
        words: lost
          ? `${who} lost ${plural(value, 'span')}: ${meaning}.`
          : `${who}: ${count(value)} × ${meaning}.`,
        advice,
        severe: lost,
      });
    }
  return problems;
}

export function problemsOf(health: HealthAnswer): Problem[] {
  const problems: Problem[] = (health.warnings ?? []).map((words) => ({ words, severe: false }));
  for (const exporter of health.exporters ?? []) {
    const dropped = droppedBy(exporter);
    if (dropped)
      problems.push({
        words: `The exporter ${exporter.name} dropped ${plural(dropped, 'span')}.`,
        advice: exporter.last_error
          ? `Its last error: ${exporter.last_error}`
          : exporter.dropped['trace_full']
            ? 'A trace was full: the store keeps 100,000 spans and 64 MiB of each.'
            : 'See that its destination can be reached and is fast enough.',
        severe: true,
      });
    else if (exporter.last_error)
      problems.push({
        words: `The exporter ${exporter.name} has trouble: ${exporter.last_error}`,
        advice: 'It tries again; nothing has been lost yet.',
        severe: false,
      });
  }
  if (health.store?.last_error)
    problems.push({
      words: `The store has a fault: ${health.store.last_error}`,
      advice: 'Tracing goes on; traces that come now may not be kept.',
      severe: true,
    });
  if (health.receiver?.last_error)
    problems.push({
      words: `The receiver refused something: ${health.receiver.last_error}`,
      severe: false,
    });
  if (health.reader?.invalid_records)
    problems.push({
      words: `${plural(health.reader.invalid_records, 'record')} in shared memory could not be read.`,
      severe: true,
    });
  return problems.concat((health.processes ?? []).flatMap(ofProcess));
}
