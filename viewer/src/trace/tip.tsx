// Tip: what is under the pointer, with times to the last nanosecond.
import { signal } from '../shared/signal';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface TipState {
  x: number;  // of the pointer in the window
  y: number;
  title: string;
  lines: string[];
}

const state = signal<TipState | null>(null);

export function showTip(tip: TipState | null) {
  if (tip !== state.peek()) state.value = tip;
}

export function Tip() {
  const tip = state.value;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || tip === null) return;
    const { offsetWidth, offsetHeight } = element;
    const left = Math.min(tip.x + 14, innerWidth - offsetWidth - 8);
    const below = tip.y + 18 + offsetHeight < innerHeight;
    element.style.left = `${Math.max(4, left)}px`;
    element.style.top = `${below ? tip.y + 18 : Math.max(4, tip.y - offsetHeight - 10)}px`;
  }, [tip]);
  useLayoutEffect(() => () => showTip(null), []);
  return tip && (
    <div class="trace-tip" ref={box} aria-hidden="true">
      <b>{tip.title}</b>
      {tip.lines.map((line, index) => <div key={index}>{line}</div>)}
    </div>
  );
}
