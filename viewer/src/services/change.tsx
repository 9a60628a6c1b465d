// What changed against the period before: an arrow and words; red only where more is worse and the
// numbers are large enough to mean something.
import { percent } from '../shared/format';

interface Properties {
  now: number | null | undefined;
  /** Null or undefined: there was nothing to compare with. */
  base: number | null | undefined;
  /** Words for a value. */
  format: (value: number) => string;
  /** Is more worse? Of durations and errors it is, of rates it is not. */
  moreIsWorse?: boolean;
  /** Both are shares of one: their difference is told in points. */
  points?: boolean;
  /** So few requests tell nothing: the words stay, without judgement. */
  few?: boolean;
}

const kSame = 0.05;

function words(now: number, base: number, points: boolean): { text: string; same: boolean } {
  if (points) {
    const difference = Math.abs(now - base) * 100;
    const text = `${difference < 10 ? difference.toFixed(1) : difference.toFixed(0)} points`;
    return { text, same: difference < 0.1 };
  }
  const factor = base > 0 ? now / base : Infinity;
  if (factor >= 3)
    return { text: `${factor < 10 ? factor.toFixed(1) : factor.toFixed(0)} times`, same: false };
  return { text: percent(Math.abs(factor - 1)), same: Math.abs(factor - 1) < kSame };
}

export function Change({ now, base, format, moreIsWorse, points, few }: Properties) {
  if (now === null || now === undefined) return null;
  if (base === null || base === undefined || (base === 0 && !points))
    return now === 0 ? null : <span class="change">new</span>;
  if (now === 0 && base === 0) return null;
  const { text, same } = words(now, base, !!points);
  const title = `${format(now)}; in the period before: ${format(base)}`;
  if (same)
    return (
      <span class="change" title={title}>
        <span aria-hidden="true">≈ </span>as before
      </span>
    );
  const more = now > base;
  const judged = moreIsWorse && !few && (points || Math.abs(now - base) > base * 0.1);
  return (
    <span class={`change ${judged ? (more ? 'worse' : 'better') : ''}`} title={title}>
      <span aria-hidden="true">{more ? '▲' : '▼'} </span>
      <span class="unseen">{more ? 'up ' : 'down '}</span>
      {text}
    </span>
  );
}
