// The scatter plot: each trace at its time and duration. A click opens the nearest; a drag selects
// times and durations.
import type uPlot from 'uplot';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TraceSummary } from '../shared/api';
import { Chart } from '../shared/chart';
import { accentColour, errorColour, inkColours, serviceColour } from '../shared/colours';
import { duration, plural, time } from '../shared/format';
import { resolve, type Period } from '../shared/period';

interface Properties {
  traces: TraceSummary[];
  period: Period;
  /** There are older ones that are not in the list. */
  more: boolean;
  /** The trace that the list points at. */
  marked: string | undefined;
  open: (trace: TraceSummary) => void;
  /** Microseconds since 1970 and nanoseconds; undefined: any duration. */
  select: (times: [number, number], durations: [number, number] | undefined) => void;
}

const kRadius = 3;
/** Pixels around a point in which it is meant. */
const kReach = 12;

function nearest(chart: uPlot, traces: TraceSummary[], left: number, top: number) {
  let best: TraceSummary | undefined;
  let least = kReach;
  for (const trace of traces) {
    const distance = Math.hypot(
      chart.valToPos(trace.start_us / 1e6, 'x') - left,
      chart.valToPos(Math.max(1, trace.duration_ns), 'y') - top,
    );
    if (distance < least) {
      least = distance;
      best = trace;
    }
  }
  return best;
}

/** A veil over the times whose traces are not in the list. */
function veil(chart: uPlot, until: number): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.bbox;
  const end = Math.min(left + width, chart.valToPos(until, 'x', true));
  if (end <= left) return;
  const ink = inkColours();
  ctx.save();
  ctx.fillStyle = ink.line;
  ctx.globalAlpha = 0.5;
  ctx.fillRect(left, top, end - left, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = ink.faint;
  ctx.textAlign = 'left';
  if (end - left > 110 * devicePixelRatio)
    ctx.fillText('older ones not shown', left + 8 * devicePixelRatio, top + height / 2);
  ctx.restore();
}

function draw(chart: uPlot, traces: TraceSummary[], marked: string | undefined): void {
  const { ctx } = chart;
  const ratio = devicePixelRatio;
  const errors = errorColour();
  const page = inkColours().page;
  ctx.save();
  ctx.beginPath();
  ctx.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height);
  ctx.clip();
  ctx.lineWidth = ratio;
  for (const trace of traces) {
    const x = chart.valToPos(trace.start_us / 1e6, 'x', true);
    const y = chart.valToPos(Math.max(1, trace.duration_ns), 'y', true);
    const radius = kRadius * ratio;
    ctx.beginPath();
    if (trace.errors > 0) {
      // Another shape, too: colour alone does not tell.
      const wide = radius * 1.5;
      ctx.moveTo(x, y - wide);
      ctx.lineTo(x + wide, y);
      ctx.lineTo(x, y + wide);
      ctx.lineTo(x - wide, y);
      ctx.closePath();
      ctx.fillStyle = errors;
    } else {
      ctx.arc(x, y, radius, 0, 7);
      ctx.fillStyle = serviceColour(trace.service);
    }
    ctx.strokeStyle = page;
    ctx.fill();
    ctx.stroke();
    if (trace.trace_id === marked) {
      ctx.beginPath();
      ctx.arc(x, y, radius * 2.4, 0, 7);
      ctx.strokeStyle = accentColour();
      ctx.lineWidth = 2 * ratio;
      ctx.stroke();
      ctx.lineWidth = ratio;
    }
  }
  ctx.restore();
}

export function Scatter({ traces, period, more, marked, open, select }: Properties) {
  const [pointed, setPointed] = useState<TraceSummary>();
  const chart = useRef<uPlot>(undefined);
  // Oldest first, as a chart has it.
  const sorted = useMemo(
    () => [...traces].sort((a, b) => a.start_us - b.start_us),
    [traces],
  );
  const times = useMemo(() => sorted.map((trace) => trace.start_us / 1e6), [sorted]);
  const series = useMemo(
    () => [
      {
        label: 'duration',
        kind: 'none' as const,
        colour: '#888',
        values: sorted.map((trace) => Math.max(1, trace.duration_ns)),
      },
    ],
    [sorted],
  );
  const range = useMemo((): [number, number] => {
    const [since_us, until_us] = resolve(period);
    const since = since_us / 1e6;
    const until = until_us / 1e6;
    if (!period.live) return [since, until];
    // The empty part of a long period would leave no room for the rest.
    const first = times[0] ?? since;
    return [Math.max(since, Math.min(first - (until - first) * 0.08, until - 60)), until];
  }, [sorted, period]);
  const ring = pointed?.trace_id ?? marked;
  useEffect(() => chart.current?.redraw(false), [ring]);

  const slowest = sorted.reduce((most, trace) => Math.max(most, trace.duration_ns), 0);
  const errors = sorted.filter((trace) => trace.errors > 0).length;
  return (
    <div class="scatter">
      <Chart
        label="Duration of each trace over time"
        summary={`${plural(traces.length, 'trace')}, ${errors} with errors, the slowest took ${duration(
          slowest,
        )}. The list below has the same traces.`}
        times={times}
        series={series}
        range={range}
        format={duration}
        height={168}
        logarithmic
        both
        table={false}
        draw={(drawn) => {
          chart.current = drawn;
          if (more && times.length) veil(drawn, times[0]!);
          draw(drawn, sorted, ring);
        }}
        onMove={(drawn, left, top) => setPointed(nearest(drawn, sorted, left, top))}
        onClick={(drawn, left, top) => {
          const trace = nearest(drawn, sorted, left, top);
          if (trace) open(trace);
        }}
        onSelect={(since, until, low, high, all) =>
          select([since * 1e6, until * 1e6], all ? undefined : [low, high])
        }
      />
      <p class="faint" aria-hidden="true">
        {pointed ? (
          <>
            {time(pointed.start_us)} · <b>{duration(pointed.duration_ns)}</b> · {pointed.service} ·{' '}
            {`${pointed.name} ${pointed.detail}`.slice(0, 120)}
            {pointed.errors > 0 && <span class="bad"> · {plural(pointed.errors, 'error')}</span>}
          </>
        ) : (
          'Click a point to open its trace; drag to select times and durations. ◆ has errors.'
        )}
      </p>
    </div>
  );
}
