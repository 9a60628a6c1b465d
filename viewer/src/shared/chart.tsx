// Chart: values over time, drawn by uPlot; the same as a table for those who cannot see it.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { inkColours } from './colours';
import { dark } from './theme';
import { time } from './format';

export interface ChartSeries {
  label: string;
  values: (number | null)[];
  /** A concrete colour (colours.ts). */
  colour: string;
  kind?: 'line' | 'area' | 'bars' | 'none';
}

interface Properties {
  /** What the chart shows; its accessible name. */
  label: string;
  /** What it tells, in a sentence, for screen readers. */
  summary?: string;
  /** Seconds since 1970, growing. */
  times: number[];
  series: ChartSeries[];
  /** Words for a value. */
  format: (value: number) => string;
  height?: number;
  logarithmic?: boolean;
  /** The axis of times; default: the values' own. */
  range?: [number, number];
  /** Somebody dragged a selection: seconds since 1970, and values; `all`: of any value. */
  onSelect?: (since: number, until: number, low: number, high: number, all: boolean) => void;
  /** A selection may be of values, too. */
  both?: boolean;
  /** A click that was no drag, in pixels of the plot. */
  onClick?: (chart: uPlot, left: number, top: number) => void;
  /** The pointer is there, in pixels of the plot; negative when it has left. */
  onMove?: (chart: uPlot, left: number, top: number) => void;
  /** Draws more onto the canvas. */
  draw?: (chart: uPlot) => void;
  /** Values of a table for screen readers; default true. */
  table?: boolean;
}

const kFont = '11px system-ui, sans-serif';

function axisTime(chart: uPlot, values: number[]): string[] {
  const { min = 0, max = 0 } = chart.scales['x'] ?? {};
  const seconds = (max ?? 0) - (min ?? 0) < 600;
  const days = (max ?? 0) - (min ?? 0) > 86400 * 1.5;
  return values.map((value) => {
    const date = new Date(value * 1000);
    const pad = (part: number): string => String(part).padStart(2, '0');
    const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
    if (days) return `${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock}`;
    return seconds ? `${clock}:${pad(date.getSeconds())}` : clock;
  });
}

/** Where a logarithmic axis has its lines. */
function powers(least: number, most: number): number[] {
  const steps = most / least > 50 ? [1] : [1, 2, 5];
  const list: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(least)); power <= most; power *= 10)
    for (const step of steps)
      if (step * power >= least && step * power <= most) list.push(step * power);
  return list;
}

function optionsOf(props: Properties, latest: { current: Properties }, width: number) {
  const ink = inkColours();
  const grid = { stroke: ink.line, width: 1 };
  const axis = { stroke: ink.faint, font: kFont, grid, ticks: { ...grid, size: 4 } };
  const bars = uPlot.paths.bars!({ size: [0.8, 24], gap: 1 });
  return {
    width,
    height: props.height ?? 140,
    padding: [8, 20, 0, 0] as uPlot.Padding,
    legend: { show: props.series.length > 1, live: true },
    cursor: {
      // uPlot's own points, or none: `true` would also be none.
      ...(props.series.every((series) => series.kind === 'none') && { points: { show: false } }),
      y: false,
      drag: { x: !!props.onSelect, y: !!props.both, setScale: false, uni: 8, dist: 5 },
    },
    select: { show: !!props.onSelect, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: true, range: () => scaleOf(latest.current) },
      y: {
        distr: props.logarithmic ? 3 : 1,
        ...(props.logarithmic
          ? { range: (_: uPlot, least: number, most: number) => [least / 1.6, most * 1.6] }
          : { range: (_: uPlot, __: number, most: number) => [0, most > 0 ? most * 1.1 : 1] }),
      },
    } as uPlot.Scales,
    axes: [
      { ...axis, size: 26, values: axisTime, space: 70 },
      {
        ...axis,
        size: 62,
        space: 28,
        ...(props.logarithmic && {
          splits: (_: uPlot, __: number, least: number, most: number) => powers(least, most),
          filter: (_: uPlot, splits: number[]) => splits,
        }),
        values: (_: uPlot, values: (number | null)[]) =>
          values.map((value) => (value === null ? '' : latest.current.format(value))),
      },
    ] as uPlot.Axis[],
    series: [
      { label: 'time', value: (_: uPlot, value: number | null) => (value ? time(value * 1e6) : '–') },
      ...props.series.map((series) => ({
        label: series.label,
        stroke: series.colour,
        width: series.kind === 'bars' ? 0 : 1.5,
        fill:
          series.kind === 'bars'
            ? series.colour
            : series.kind === 'area'
              ? series.colour.replace(')', ' / 0.18)')
              : undefined,
        paths: series.kind === 'bars' ? bars : series.kind === 'none' ? () => null : undefined,
        points: {
          show: false,
          size: 5,
          fill: series.colour,
          // A value between gaps has no line: it is a dot.
          filter: (chart: uPlot, index: number) =>
            series.kind === 'line' || series.kind === 'area' || !series.kind
              ? alone(chart, index)
              : null,
        },
        value: (_: uPlot, value: number | null) =>
          value === null || value === undefined ? '–' : latest.current.format(value),
      })),
    ] as uPlot.Series[],
    hooks: {
      draw: [(chart: uPlot) => latest.current.draw?.(chart)],
      setCursor: [
        (chart: uPlot) =>
          latest.current.onMove?.(chart, chart.cursor.left ?? -99, chart.cursor.top ?? -99),
      ],
      setSelect: [
        (chart: uPlot) => {
          const { left, top, width: wide, height: high } = chart.select;
          if (wide < 1 && high < 1) return;
          latest.current.onSelect?.(
            chart.posToVal(left, 'x'),
            chart.posToVal(left + wide, 'x'),
            chart.posToVal(top + high, 'y'),
            chart.posToVal(top, 'y'),
            high >= chart.over.clientHeight,
          );
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  } satisfies uPlot.Options;
}

/** Values between two gaps: no line goes through them, so they are drawn as points. */
function alone(chart: uPlot, series: number): number[] | null {
  const values = chart.data[series]!;
  const found = [...values.keys()].filter(
    (index) =>
      typeof values[index] === 'number' &&
      typeof values[index - 1] !== 'number' &&
      typeof values[index + 1] !== 'number',
  );
  return found.length > 0 ? found : null;
}

function scaleOf(props: Properties): [number, number] {
  if (props.range) return props.range;
  const first = props.times[0] ?? 0;
  const last = props.times[props.times.length - 1] ?? 1;
  return first === last ? [first - 30, last + 30] : [first, last];
}

export function Chart(props: Properties) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.series.map((series) => series.label + series.colour + series.kind).join();

  useEffect(() => {
    const holder = place.current!;
    const drawn = new uPlot(
      optionsOf(latest.current, latest, holder.clientWidth || 300),
      dataOf(latest.current),
      holder,
    );
    chart.current = drawn;
    drawn.over.addEventListener('click', (event) => {
      const box = drawn.over.getBoundingClientRect();
      latest.current.onClick?.(drawn, event.clientX - box.left, event.clientY - box.top);
    });
    const watch = new ResizeObserver(() => {
      const width = holder.clientWidth;
      if (width > 0 && width !== drawn.width) drawn.setSize({ width, height: drawn.height });
    });
    watch.observe(holder);
    return () => {
      watch.disconnect();
      drawn.destroy();
    };
  }, [dark.value, shape, props.logarithmic, props.height]);

  useEffect(() => chart.current?.setData(dataOf(props)), [props.times, props.series, props.range]);

  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={`${props.label}. ${props.summary ?? ''}`} />
      {props.table !== false && <AsTable {...props} />}
    </figure>
  );
}

function dataOf(props: Properties): uPlot.AlignedData {
  return [props.times, ...props.series.map((series) => series.values)] as uPlot.AlignedData;
}

/** Built only when somebody opens it. */
function AsTable(props: Properties) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        As a table<span class="unseen">: {props.label}</span>
      </summary>
      {open && (
        <div class="table" role="region" aria-label={props.label} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {props.series.map((series) => (
                  <th key={series.label} scope="col" class="number">
                    {series.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {props.times.map((at, index) => (
                <tr key={at}>
                  <td>{time(at * 1e6, false)}</td>
                  {props.series.map((series) => {
                    const value = series.values[index];
                    return (
                      <td key={series.label} class="number">
                        {value === null || value === undefined ? '–' : props.format(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
