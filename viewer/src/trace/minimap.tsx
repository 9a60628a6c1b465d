// Minimap: all spans at once, and the range of time that is zoomed into.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { errorColour, inkColours, serviceColour } from '../shared/colours';
import { dark } from '../shared/theme';
import { Brush } from './brush';
import { prepare } from './draw_rows';
import type { Model } from './model';
import type { Range } from './rows';
import { useSize } from './use_size';

const kHeight = 54;
const kStrip = 5;  // px at the bottom: the critical path by service

function draw(canvas: HTMLCanvasElement, model: Model, width: number) {
  const context = prepare(canvas, width, kHeight);
  const scale = width / Math.max(model.end, 1);
  const room = kHeight - kStrip - 6;
  const step = Math.min(4, room / Math.max(model.nodes.length, 1));
  const colours = new Map(model.services.map(({ name }) => [name, serviceColour(name)]));
  const bar = (row: number, from: number, to: number, height: number) =>
    context.fillRect(from * scale, 2 + row * step, Math.max((to - from) * scale, 1), height);
  const height = Math.max(step * 0.75, 0.6);
  for (const { row, start, end, span } of model.nodes) {
    context.fillStyle = colours.get(span.service)!;
    bar(row, start, end, height);
  }
  context.fillStyle = errorColour();
  for (const { row, start, end, span } of model.nodes) {
    if (span.status === 'error') bar(row, start, end, Math.max(height, 2));
  }
  context.fillStyle = inkColours().line;
  context.fillRect(0, kHeight - kStrip - 2, width, 1);
  for (const { path, span } of model.nodes) {
    context.fillStyle = colours.get(span.service)!;
    for (let at = 0; at < path.length; at += 2) {
      const from = path[at]! * scale;
      context.fillRect(from, kHeight - kStrip, Math.max(path[at + 1]! * scale - from, 0.3), kStrip);
    }
  }
}

export function Minimap(props: { model: Model; range: Range; choose: (range: Range) => void }) {
  const { model, range } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width } = useSize(frame);
  const theme = dark.value;
  useLayoutEffect(() => {
    if (width > 0) draw(canvas.current!, model, width);
  }, [model, width, theme]);
  const whole = { from: 0, to: Math.max(model.end, 10) };
  const percent = (time: number) => `${(time / whole.to) * 100}%`;
  return (
    <div
      class="minimap"
      ref={frame}
      onDblClick={() => props.choose(whole)}
      aria-hidden="true"
    >
      <Brush class="minimap-brush" range={whole} choose={props.choose}>
        <canvas ref={canvas} style={{ width: '100%', height: `${kHeight}px` }} />
        <i class="outside" style={{ left: 0, width: percent(range.from) }} />
        <i class="outside" style={{ left: percent(range.to), right: 0 }} />
      </Brush>
    </div>
  );
}
