// The switch for tracing and the sampling ratio of one process. It works at once; Undo takes it
// back.
import type { InputHTMLAttributes } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, type ProcessControl, type ProcessHealth } from '../shared/api';

/** A ratio has no effect with the samplers that ignore it. */
function withRatio(process: ProcessHealth, ratio: number): ProcessControl {
  const sampler = process.sampler.includes('traceidratio')
    ? process.sampler
    : 'parentbased_traceidratio';
  return { ratio, sampler };
}

function effectiveRatio(process: ProcessHealth): number {
  if (process.sampler.includes('traceidratio')) return process.ratio;
  return process.sampler.includes('always_off') ? 0 : 1;
}

const kSteps = [0, 0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

function stepOf(ratio: number): number {
  let best = 0;
  kSteps.forEach((step, index) => {
    if (Math.abs(step - ratio) < Math.abs(kSteps[best]! - ratio)) best = index;
  });
  return best;
}

/** As a percentage without noise: 0.1 -> `10`. */
const asPercent = (ratio: number): string => String(Number((ratio * 100).toFixed(4)));

export function Control(props: { process: ProcessHealth; changed: () => void }) {
  const { process, changed } = props;
  // What was asked for and is not yet in an answer.
  const [wish, setWish] = useState<ProcessControl>({});
  const [undo, setUndo] = useState<Required<ProcessControl>>();
  const [problem, setProblem] = useState('');
  // What is being typed or dragged: answers that come meanwhile do not change it.
  const [draft, setDraft] = useState<{ type: string; value: string }>();
  const sent = useRef(0);
  const now: ProcessHealth = { ...process, ...wish };
  const ratio = effectiveRatio(now);

  useEffect(() => setWish({}), [process.tracing, process.ratio, process.sampler]);

  const change = async (control: ProcessControl, undoing = false): Promise<void> => {
    const turn = ++sent.current;
    setUndo(
      undoing
        ? undefined
        : (undo ?? { tracing: now.tracing, ratio: now.ratio, sampler: now.sampler }),
    );
    setWish((before) => ({ ...before, ...control }));
    try {
      await api.setProcess(process.pid, control);
      setProblem('');
    } catch (fault) {
      setWish({});
      setProblem(fault instanceof ApiError ? fault.message : String(fault));
    }
    if (turn === sent.current) changed();
  };
  const setRatio = (value: number): void => {
    if (!(value >= 0 && value <= 1)) return setProblem('0 to 100');
    setDraft(undefined);
    if (value !== ratio) void change(withRatio(now, value));
  };
  const field = (
    type: 'range' | 'number',
    value: string,
    max: number,
    ratioOf: (value: number) => number,
  ): InputHTMLAttributes => ({
    type,
    min: 0,
    max,
    value: draft?.type === type ? draft.value : value,
    disabled: !now.tracing,
    onInput: (event) => {
      setDraft({ type, value: event.currentTarget.value });
      setProblem('');
    },
    onChange: (event) => setRatio(ratioOf(event.currentTarget.valueAsNumber)),
    onBlur: () => setDraft(undefined),
    onKeyDown: (event) => event.key === 'Escape' && setDraft(undefined),
  });

  if (!process.alive) return <p class="faint">It has ended.</p>;
  const of = `of ${process.service} (${process.pid})`;
  return (
    <div class="control row">
      <button
        type="button"
        role="switch"
        aria-checked={now.tracing}
        aria-label={`Tracing ${of}`}
        onClick={() => void change({ tracing: !now.tracing })}
      >
        {now.tracing ? 'Tracing on' : 'Tracing off'}
      </button>
      <label class="row">
        Sampling
        <input
          {...field('range', String(stepOf(ratio)), kSteps.length - 1, (step) => kSteps[step]!)}
          aria-label={`Sampling ratio ${of}`}
          aria-valuetext={`${asPercent(ratio)} percent`}
        />
      </label>
      <span class="row">
        <input
          {...field('number', asPercent(ratio), 100, (percent) => percent / 100)}
          step="any"
          aria-label={`Sampling ${of}, percent`}
        />
        %
      </span>
      {undo && (
        <button type="button" class="plain" onClick={() => void change(undo, true)}>
          Undo
        </button>
      )}
      <span role="status" class="bad">
        {problem}
      </span>
    </div>
  );
}
