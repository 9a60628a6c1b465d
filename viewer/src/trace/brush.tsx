// Brush: a strip of time; dragging over it chooses a range.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Range } from './rows';

interface Properties {
  class: string;
  range: Range;  // what the strip's width stands for
  choose: (range: Range) => void;
  children: ComponentChildren;
}

export function Brush(props: Properties) {
  const { range } = props;
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const start = useRef(0);
  const place = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  return (
    <div
      class={`brush ${props.class}`}
      title="Drag to zoom into a range of time; double click to see all"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
        start.current = place(event);
        setDrag([start.current, start.current]);
      }}
      onPointerMove={(event) => drag && setDrag([start.current, place(event)])}
      onPointerUp={() => {
        if (drag === null) return;
        setDrag(null);
        const [from, to] = [Math.min(...drag), Math.max(...drag)];
        const length = range.to - range.from;
        if (to - from > 0.004) {
          props.choose({ from: range.from + from * length, to: range.from + to * length });
        }
      }}
      onPointerCancel={() => setDrag(null)}
    >
      {props.children}
      {drag && (
        <i
          class="brushed"
          style={{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[1] - drag[0]) * 100}%` }}
        />
      )}
    </div>
  );
}
