// A service's or an operation's rate and durations over time. Dragging chooses the period that all
// views show; a click on an example opens its trace.
import type uPlot from 'uplot';
import { useMemo } from 'preact/hooks';
import type { Exemplar, SeriesAnswer } from '../shared/api';
import { Chart } from '../shared/chart';
import { accentColour, errorColour, inkColours } from '../shared/colours';
import { dark } from '../shared/theme';
import { duration, exactTime, percent, plural, rate, time } from '../shared/format';
import { setPeriod } from '../shared/period';
import { link, navigate } from '../shared/router';
import { share } from './words';

const kClickable = 14;

const colours = (): [string, string, string] =>
  dark.value
    ? ['oklch(0.78 0.11 190)', 'oklch(0.73 0.12 250)', 'oklch(0.74 0.14 320)']
    : ['oklch(0.58 0.1 190)', 'oklch(0.5 0.17 256)', 'oklch(0.52 0.19 320)'];

/** Per second; a step that has not ended, or began before the period, counts with what is in it. */
function perSecond(answer: SeriesAnswer, counts: number[]): number[] {
  return counts.map((count, index) => {
    const begin = Math.max(answer.times_s[index]!, answer.since_us / 1e6);
    const end = Math.min(answer.times_s[index]! + answer.step_s, answer.until_us / 1e6);
    return count / Math.max(1, end - begin);
  });
}

/** Where an example is drawn, in the chart's pixels; above the axis: at its upper edge. */
function placeOf(chart: uPlot, { time_us, duration_ns }: Exemplar, canvas: boolean) {
  const top = chart.valToPos(chart.scales['y']?.max ?? 0, 'y', canvas);
  const y = chart.valToPos(duration_ns, 'y', canvas);
  return { x: chart.valToPos(time_us / 1e6, 'x', canvas), y: Math.max(top + 4, y), above: y < top };
}

function drawExamples(chart: uPlot, examples: Exemplar[]): void {
  const { ctx } = chart;
  const size = 3.5 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(
    chart.bbox.left - size,
    chart.bbox.top - size,
    chart.bbox.width + 2 * size,
    chart.bbox.height + 2 * size,
  );
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  for (const example of examples) {
    const { x, y, above } = placeOf(chart, example, true);
    ctx.beginPath();
    if (above) {
      ctx.moveTo(x - size, y + size);
      ctx.lineTo(x, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.closePath();
    } else if (example.error) {
      ctx.rect(x - size, y - size, 2 * size, 2 * size);
    } else {
      ctx.arc(x, y, size, 0, 7);
    }
    ctx.fillStyle = example.error ? errorColour() : inkColours().page;
    ctx.strokeStyle = example.error ? inkColours().page : inkColours().text;
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

function nearest(chart: uPlot, examples: Exemplar[], left: number, top: number) {
  let best: Exemplar | undefined;
  let distance = kClickable;
  for (const example of examples) {
    const { x, y } = placeOf(chart, example, false);
    const away = Math.hypot(x - left, y - top);
    if (away < distance) [best, distance] = [example, away];
  }
  return best;
}

export function Charts(props: { answer: SeriesAnswer; of: string; counted: string }) {
  const { answer, of, counted } = props;
  const requests = answer.count.reduce((sum, count) => sum + count, 0);
  const errors = answer.errors.reduce((sum, count) => sum + count, 0);
  const [low, middle, high] = colours();
  const range = useMemo<[number, number]>(
    () => [answer.since_us / 1e6, answer.until_us / 1e6],
    [answer],
  );
  const rates = useMemo(
    () => [
      {
        label: counted + 's',
        values: perSecond(answer, answer.count),
        colour: accentColour(),
        kind: 'area' as const,
      },
      {
        label: 'errors',
        values: perSecond(answer, answer.errors),
        colour: errorColour(),
        kind: 'area' as const,
      },
    ],
    [answer, counted, dark.value],
  );
  const durations = useMemo(
    () => [
      { label: 'p50', values: answer.p50_ns, colour: low },
      { label: 'p95', values: answer.p95_ns, colour: middle },
      { label: 'p99', values: answer.p99_ns, colour: high },
    ],
    [answer, dark.value],
  );
  const zoom = (since: number, until: number): void => setPeriod(since * 1e6, until * 1e6);
  return (
    <>
      <div class="charts">
        <section class="panel">
          <h2>Rate</h2>
          <Chart
            label={`Rate and errors per second of ${of}`}
            summary={`${plural(requests, counted)}, ${percent(share(errors, requests))} of them failed.`}
            times={answer.times_s}
            range={range}
            series={rates}
            format={rate}
            onSelect={zoom}
          />
        </section>
        <section class="panel">
          <h2>Duration</h2>
          <Chart
            label={`Duration percentiles of ${of}`}
            summary="Examples follow below as links."
            times={answer.times_s}
            range={range}
            series={durations}
            format={duration}
            onSelect={zoom}
            draw={(chart) => drawExamples(chart, answer.exemplars)}
            onClick={(chart, left, top) => {
              const example = nearest(chart, answer.exemplars, left, top);
              if (example) navigate(link(['trace', example.trace_id]));
            }}
          />
        </section>
      </div>
      <Examples examples={answer.exemplars} counted={counted} />
    </>
  );
}

/** The same examples for a keyboard. */
function Examples({ examples, counted }: { examples: Exemplar[]; counted: string }) {
  if (examples.length === 0) return null;
  const slowest = [...examples].sort((a, b) => b.duration_ns - a.duration_ns).slice(0, 6);
  return (
    <p class="examples">
      <span>Slowest examples:</span>
      {slowest.map((example) => (
        <a
          key={example.trace_id + example.time_us}
          href={link(['trace', example.trace_id])}
          title={exactTime(example.time_us)}
        >
          {duration(example.duration_ns)} at {time(example.time_us, false)}
          {example.error && ', failed'}
        </a>
      ))}
      <span class="hint">
        Drag over a chart to look closer. Its circles are {counted}s, squares failed ones, triangles
        lie above it: click to open.
      </span>
    </p>
  );
}
