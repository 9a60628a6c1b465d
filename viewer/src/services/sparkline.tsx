// A small chart in a table's cell: how a value went over the period. The numbers stand beside it, so
// it is an image with a name for those who do not see it.

const kWidth = 112,
  kHeight = 24;

interface Props {
  values: (number | null)[];
  /** Drawn as red bars, on the scale of `values`. */
  errors?: number[];
  label: string;
}

export function Sparkline({ values, errors, label }: Props) {
  const highest = Math.max(...values.map((value) => value ?? 0), 0);
  const x = (index: number) =>
    values.length < 2 ? kWidth / 2 : 2 + (index * (kWidth - 4)) / (values.length - 1);
  const y = (value: number) => kHeight - 2 - (highest ? (value / highest) * (kHeight - 4) : 0);
  const n = (value: number) => value.toFixed(1);
  let line = '';
  let area = '';
  let dots = '';
  let start: number | null = null;
  values.forEach((value, index) => {
    if (value === null) return;
    const begins = start === null;
    if (begins) start = index;
    line += `${begins ? 'M' : 'L'}${n(x(index))} ${n(y(value))}`;
    if (index === values.length - 1 || values[index + 1] === null) {
      // A value between two gaps: a line of no length with round ends.
      if (start === index) dots += `M${n(x(index))} ${n(y(value))}h0`;
      area += `${line.slice(line.lastIndexOf('M'))}V${kHeight}H${n(x(start!))}Z`;
      start = null;
    }
  });
  const bars = (errors ?? [])
    .map((count, index) =>
      count > 0 ? `M${n(x(index))} ${kHeight}V${n(Math.min(y(count), kHeight - 3))}` : '',
    )
    .join('');
  return (
    <svg
      class="sparkline"
      width={kWidth}
      height={kHeight}
      viewBox={`0 0 ${kWidth} ${kHeight}`}
      role="img"
      aria-label={label}
    >
      <path class="sparkline-area" d={area} />
      <path d={line} />
      {dots && <path class="sparkline-dots" d={dots} />}
      {bars && <path class="sparkline-errors" d={bars} />}
    </svg>
  );
}
