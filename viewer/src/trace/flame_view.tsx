// FlameView: boxes by operation or by time; a click zooms into one.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { errorColour, inkColours, operationColour } from '../shared/colours';
import { duration, percent, plural } from '../shared/format';
import { parameter, setParameters } from '../shared/router';
import { dark } from '../shared/theme';
import { aggregate } from './aggregate';
import { fontOf, prepare } from './draw_rows';
import { exactNs } from './explain';
import { boxRows, flameByOperation, flameByTime, type FlameBox } from './flame';
import type { Model, SpanNode } from './model';
import type { Range } from './rows';
import { short } from './short';
import { showTip } from './tip';
import { useSize } from './use_size';

const kHeight = 20;

function words(box: FlameBox, whole: number): string[] {
  const totals = box.operation?.totals[0];
  if (!totals) {
    const length = box.to - box.from;
    return [`takes ${duration(length)} = ${exactNs(length)}`, `begins at +${exactNs(box.from)}`];
  }
  const lines = [
    `${percent(totals.inclusive / whole)} of the time: ${duration(totals.inclusive)}, of that ` +
      `${duration(totals.own)} itself`,
    `${plural(totals.count, 'span')}, together ${duration(totals.time)}`,
  ];
  if (totals.errors > 0) lines.push(plural(totals.errors, 'error'));
  return lines;
}

/** The first box of a row that ends at `time` or later. */
function firstFrom(row: FlameBox[], time: number): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle]!.to < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Scene {
  rows: FlameBox[][];
  range: Range;
  top: number;
  width: number;
  height: number;
  active: FlameBox | null;
  highlighted: string | null;
}

function draw(canvas: HTMLCanvasElement, scene: Scene) {
  const { rows, range, top, width, height } = scene;
  const context = prepare(canvas, width, height);
  context.font = fontOf(canvas, 11);
  const ink = inkColours();
  const scale = width / (range.to - range.from);
  const colours = new Map<string, string>();
  for (let row = Math.floor(top / kHeight); row * kHeight < top + height && row < rows.length; ++row) {
    const y = row * kHeight - top;
    let drawnTo = -1;
    const list = rows[row]!;
    for (let at = firstFrom(list, range.from); at < list.length; ++at) {
      const box = list[at]!;
      if (box.from > range.to) break;
      const x = Math.max(-2, (box.from - range.from) * scale);
      const end = Math.min(width + 2, (box.to - range.from) * scale);
      // Many boxes within one pixel are one.
      if (end < drawnTo + 0.5 && box !== scene.active) continue;
      drawnTo = end;
      const key = `${box.service}\u0000${box.name}`;
      let colour = colours.get(key);
      if (colour === undefined) colours.set(key, colour = operationColour(box.service, box.name));
      context.globalAlpha = scene.highlighted !== null && box.service !== scene.highlighted ? 0.2 : 1;
      context.fillStyle = colour;
      const wide = Math.max(end - x - 0.5, 0.5);
      context.fillRect(x, y, wide, kHeight - 1);
      if (box.error) {
        context.fillStyle = errorColour();
        context.fillRect(x, y + kHeight - 4, wide, 3);
      }
      if (box === scene.active) {
        context.strokeStyle = ink.text;
        context.lineWidth = 2;
        context.strokeRect(x + 1, y + 1, Math.max(wide - 2, 1), kHeight - 3);
      }
      if (wide > 34) {
        context.save();
        context.beginPath();
        context.rect(x, y, wide - 3, kHeight);
        context.clip();
        context.fillStyle = dark.value ? '#000' : '#fff';
        context.fillText(short(box.name, 200), Math.max(x, 0) + 5, y + 13.5);
        context.restore();
      }
    }
  }
  context.globalAlpha = 1;
}

export function FlameView(props: { model: Model; highlighted: string | null; open: (node: SpanNode) => void }) {
  const { model } = props;
  const byTime = parameter('by') === 'time';
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(frame);
  const [top, setTop] = useState(0);
  const [zoom, setZoom] = useState<FlameBox | null>(null);
  const [active, setActive] = useState<FlameBox | null>(null);
  const theme = dark.value;
  const boxes = useMemo(
    () => (byTime ? flameByTime(model) : flameByOperation(aggregate([model]).roots)), [model, byTime]);
  const rows = useMemo(() => boxRows(boxes), [boxes]);
  const whole = byTime ? Math.max(model.end, 1) : Math.max(model.covered, 1);
  const target = zoom && boxes.includes(zoom) ? zoom : null;
  const chosen = active && boxes.includes(active) ? active : null;
  const range = target && target.to > target.from ? { from: target.from, to: target.to } : { from: 0, to: whole };
  useLayoutEffect(() => {
    if (width > 0) {
      draw(canvas.current!, { rows, range, top, width, height, active: chosen, highlighted: props.highlighted });
    }
  }, [rows, range.from, range.to, top, width, height, chosen, props.highlighted, theme]);

  const boxAt = (event: MouseEvent): FlameBox | undefined => {
    const area = canvas.current!.getBoundingClientRect();
    const time = range.from + ((event.clientX - area.left) / area.width) * (range.to - range.from);
    const row = rows[Math.floor((event.clientY - area.top + top) / kHeight)];
    const box = row?.[firstFrom(row, time)];
    return box && box.from <= time + (2 / width) * (range.to - range.from) ? box : undefined;
  };
  const choose = (box: FlameBox | undefined) => {
    if (!box) return;
    setActive(box);
    const element = frame.current!;
    const y = box.row * kHeight;
    if (y < element.scrollTop || y + kHeight > element.scrollTop + height) element.scrollTop = y - height / 2;
    if (box.to < range.from || box.from > range.to) setZoom(null);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = chosen ? rows[chosen.row]! : [];
    const place = chosen ? row.indexOf(chosen) : -1;
    switch (event.key) {
      case 'ArrowDown':
        choose(chosen ? boxes.find((box) => box.parent === chosen) : rows[0]?.[0]);
        break;
      case 'ArrowUp': choose(chosen?.parent ?? undefined); break;
      case 'ArrowRight': choose(chosen ? row[place + 1] : rows[0]?.[0]); break;
      case 'ArrowLeft': choose(row[place - 1]); break;
      case 'Home': choose(rows[0]?.[0]); break;
      case 'Enter': setZoom(chosen === target ? null : chosen); break;
      case 'Backspace': setZoom(target?.parent ?? null); break;
      case ' ': if (chosen) props.open(chosen.span); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="flame">
      <div class="flame-tools">
        <label>
          Boxes by{' '}
          <select
            value={byTime ? 'time' : 'operation'}
            onChange={(event) => setParameters({ by: event.currentTarget.value === 'time' ? 'time' : undefined }, true)}
          >
            <option value="operation">operation</option>
            <option value="time">time</option>
          </select>
        </label>
        {target && <button type="button" onClick={() => setZoom(null)}>Show all</button>}
        <span aria-live="polite">
          {chosen ? `${short(chosen.service, 100)}: ${short(chosen.name, 200)}. ${words(chosen, whole).join(', ')}.` :
            'Click a box to zoom into it, once more to go back; double click shows its span.'}
        </span>
      </div>
      <div
        class="flame-frame"
        ref={frame}
        role="application"
        tabIndex={0}
        aria-label="Flame view. Arrow keys go from box to box, Enter zooms, Backspace zooms out, Space opens the span."
        onKeyDown={keys}
        onScroll={() => { setTop(frame.current?.scrollTop ?? 0); showTip(null); }}
        onPointerLeave={() => showTip(null)}
        onPointerMove={(event) => {
          const box = boxAt(event);
          showTip(box && event.pointerType !== 'touch' ? {
            x: event.clientX, y: event.clientY, lines: words(box, whole),
            title: `${short(box.service, 100)}: ${short(box.name, 300)}`,
          } : null);
        }}
        onClick={(event) => {
          const box = boxAt(event);
          if (!box || event.detail > 1) return;
          setActive(box);
          setZoom(box === target ? null : box);
        }}
        onDblClick={(event) => {
          const box = boxAt(event);
          if (box) props.open(box.span);
        }}
      >
        <canvas ref={canvas} aria-hidden="true" style={{ width: `${width}px`, height: `${height}px` }} />
        <div style={{ height: `${Math.max(0, rows.length * kHeight - height)}px` }} />
      </div>
    </div>
  );
}
