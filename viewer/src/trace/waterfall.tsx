// Waterfall: the rows of a trace. Only those near the ones on screen exist; the selected one always
// does, so that a screen reader can tell it.
import { memo } from './memo';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { serviceColour } from '../shared/colours';
import { duration, plural } from '../shared/format';
import { dark } from '../shared/theme';
import { Brush } from './brush';
import { drawRows, drawRuler, kRowHeight } from './draw_rows';
import { exactNs, momentWords } from './explain';
import type { SpanNode } from './model';
import { moved, rowOf, zoomed, type Range } from './rows';
import { short } from './short';
import { showTip } from './tip';
import { titleOf } from './title';
import { useSize } from './use_size';

const kBlock = 12;  // rows; the window moves in such steps
const kMostIndent = 12;  // levels; deeper rows tell their level as a number

export interface WaterfallProperties {
  rows: SpanNode[];
  end: number;
  folded: ReadonlySet<SpanNode>;
  selected: SpanNode | null;
  found: ReadonlySet<SpanNode>;
  highlighted: string | null;
  range: Range;
  select: (node: SpanNode) => void;
  open: (node: SpanNode) => void;  // shows its details
  fold: (nodes: SpanNode[], fold: boolean) => void;
  zoom: (range: Range) => void;
}

function said(node: SpanNode): string {
  const error = node.span.status === 'error' ? ', error' : '';
  const critical = node.critical ? ', on the critical path' : '';
  return `begins at ${duration(node.start)}, takes ${duration(node.end - node.start)}${error}${critical}`;
}

interface RowProperties {
  node: SpanNode;
  place: number;
  folded: boolean;
  selected: boolean;
  found: boolean;
  faint: boolean;
}

const Row = memo(function Row({ node, place, folded, selected, found, faint }: RowProperties) {
  const { span, depth, children } = node;
  const level = Math.min(depth, kMostIndent);
  const classes = ['span-row', selected && 'selected', found && 'found', faint && 'faint'];
  return (
    <div
      role="row"
      id={`span-row-${node.row}`}
      class={classes.filter(Boolean).join(' ')}
      style={{ top: `${place * kRowHeight}px` }}
      aria-level={depth + 1}
      aria-posinset={node.position}
      aria-setsize={node.siblings}
      aria-rowindex={place + 2}
      aria-selected={selected}
      aria-expanded={children.length > 0 ? !folded : undefined}
    >
      <span role="gridcell" class="span-name" style={{ paddingInlineStart: `calc(${level} * var(--step) + 4px)` }}>
        {depth > kMostIndent && <small class="level">{depth}</small>}
        <span class={children.length > 0 ? 'toggle' : 'toggle leaf'} aria-hidden="true">
          {children.length > 0 ? (folded ? '▸' : '▾') : ''}
        </span>
        <i class="swatch" style={{ background: serviceColour(span.service) }} />
        {span.status === 'error' && <b class="wrong" title="error">!</b>}
        {node.faults.length > 0 && <b class="odd" title="Something is odd: see its details">?</b>}
        <span class="name">{short(titleOf(span), 300) || '(no name)'}</span>
        <span class="of">{short(span.service, 100)}</span>
        {folded && node.below > 0 && (
          <small class="hidden-count" title={`${plural(node.below, 'span')} folded`}>
            +{node.below}{node.errorsBelow > 0 && <b class="wrong">!</b>}
          </small>
        )}
      </span>
      <span role="gridcell" class="span-time"><span class="unseen">{said(node)}</span></span>
    </div>
  );
});

export function Waterfall(props: WaterfallProperties) {
  const { rows, selected, range, folded } = props;
  const grid = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const ruler = useRef<HTMLCanvasElement>(null);
  const timeHead = useRef<HTMLDivElement>(null);
  const { height } = useSize(grid);
  const { width } = useSize(timeHead);
  const [block, setBlock] = useState(0);
  const theme = dark.value;

  const blocks = Math.ceil(height / kRowHeight / kBlock) + 3;
  const first = Math.max(0, block - 1) * kBlock;
  const count = Math.min(rows.length - first, blocks * kBlock);
  const shown = rows.slice(first, first + count);
  const place = selected === null ? -1 : rowOf(rows, selected);
  const active = place >= 0 ? rows[place]! : null;

  const follow = () => {
    if (grid.current === null) return;  // scrolled as it goes away
    const next = Math.floor(grid.current.scrollTop / kRowHeight / kBlock);
    setBlock(next);
    showTip(null);
  };
  useLayoutEffect(() => {
    if (width <= 0) return;
    drawRows(canvas.current!, { rows, first, count, range, width, highlighted: props.highlighted });
  }, [rows, first, count, range, width, props.highlighted, theme]);
  useLayoutEffect(() => {
    if (width > 0) drawRuler(ruler.current!, range, width);
  }, [range, width, theme]);

  // The selected row comes into view, with one row to spare.
  useLayoutEffect(() => {
    const element = grid.current!;
    if (place < 0 || height <= 0) return;
    const top = place * kRowHeight;
    const room = height - 28 - kRowHeight;
    if (top < element.scrollTop) element.scrollTop = Math.max(0, top - kRowHeight);
    else if (top > element.scrollTop + room) element.scrollTop = top - room + kRowHeight;
  }, [selected, height > 0]);
  // Fewer rows: the browser has moved the page without telling.
  useLayoutEffect(follow, [rows, height]);

  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = grid.current!;
    const wheel = (event: WheelEvent) => {
      const { range: now, end, zoom } = latest.current;
      const head = timeHead.current!.getBoundingClientRect();
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        const at = Math.max(0, Math.min(1, (event.clientX - head.left) / head.width));
        const factor = Math.exp(Math.max(-50, Math.min(50, event.deltaY)) * 0.01);
        zoom(zoomed(now, factor, now.from + at * (now.to - now.from), end));
      } else if (sideways !== 0 && (event.shiftKey || Math.abs(sideways) > Math.abs(event.deltaY))) {
        zoom(moved(now, (sideways / head.width) * (now.to - now.from), end));
      } else {
        return;
      }
      event.preventDefault();
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, []);

  const nodeAt = (event: MouseEvent): SpanNode | undefined => {
    // A click of a screen reader has no coordinates.
    const place = (event.target as Element).closest('.span-row')?.getAttribute('aria-rowindex');
    if (place) return rows[Number(place) - 2];
    const space = canvas.current!.parentElement!.getBoundingClientRect();
    const row = Math.floor((event.clientY - space.top) / kRowHeight);
    return row >= 0 ? rows[row] : undefined;
  };
  const point = (event: PointerEvent) => {
    const node = nodeAt(event);
    const head = timeHead.current!.getBoundingClientRect();
    if (node === undefined || event.pointerType === 'touch') return showTip(null);
    const time = range.from + ((event.clientX - head.left) / head.width) * (range.to - range.from);
    const lines = [
      `takes ${duration(node.end - node.start)} = ${exactNs(node.end - node.start)}`,
      `begins at +${exactNs(node.start)}, ends at +${exactNs(node.end)}`,
    ];
    if (event.clientX >= head.left) {
      const words = momentWords(node, time);
      if (words) lines.push(words);
      const close = ((range.to - range.from) / head.width) * 6;
      for (const { name, time_ns } of node.span.events ?? []) {
        if (Math.abs(time_ns - time) > close || lines.length > 8) continue;
        lines.push(`event ${short(name, 100)} at +${exactNs(time_ns)}`);
      }
    }
    showTip({
      x: event.clientX, y: event.clientY, lines,
      title: `${short(node.span.service, 100)}: ${short(node.span.name, 300)}`,
    });
  };

  const step = (to: number) => {
    const node = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (node) props.select(node);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(height / kRowHeight) - 2);
    const pan = (sign: number) => props.zoom(moved(range, sign * (range.to - range.from) * 0.2, props.end));
    const isFolded = active !== null && folded.has(active);
    switch (event.key) {
      case 'ArrowDown': step(place + 1); break;
      case 'ArrowUp': step(Math.max(0, place - 1)); break;
      case 'PageDown': step(place + page); break;
      case 'PageUp': step(place - page); break;
      case 'Home': step(0); break;
      case 'End': step(rows.length - 1); break;
      case 'ArrowRight':
        if (event.shiftKey) pan(1);
        else if (active === null) step(0);
        else if (isFolded) props.fold([active], false);
        else if (active.children.length > 0) step(place + 1);
        break;
      case 'ArrowLeft':
        if (event.shiftKey) pan(-1);
        else if (active && active.children.length > 0 && !isFolded) props.fold([active], true);
        else if (active?.parent) props.select(active.parent);
        break;
      case '*':
        if (active) props.fold(active.parent?.children ?? rows.filter((n) => n.depth === 0), false);
        break;
      case 'Enter': case ' ':
        if (active) props.open(active);
        break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const row = (node: SpanNode, at: number) => (
    <Row
      key={node.row}
      node={node}
      place={at}
      folded={folded.has(node)}
      selected={node === active}
      found={props.found.has(node)}
      faint={props.highlighted !== null && node.span.service !== props.highlighted}
    />
  );
  const away = active !== null && (place < first || place >= first + count);
  return (
    <div
      class="waterfall"
      ref={grid}
      role="treegrid"
      tabIndex={0}
      aria-label="Spans by time"
      aria-rowcount={rows.length + 1}
      aria-colcount={2}
      aria-activedescendant={active ? `span-row-${active.row}` : undefined}
      onScroll={follow}
      onKeyDown={keys}
    >
      <div class="waterfall-head" role="row" aria-rowindex={1}>
        <span role="columnheader" class="span-name">Span</span>
        <div role="columnheader" class="span-time" aria-label="Time" ref={timeHead}>
          <Brush class="ruler" range={range} choose={props.zoom}>
            <canvas ref={ruler} aria-hidden="true" style={{ width: '100%', height: '28px' }} />
          </Brush>
        </div>
      </div>
      <div
        role="rowgroup"
        class="span-rows"
        style={{ height: `${rows.length * kRowHeight}px` }}
        onPointerMove={point}
        onPointerLeave={() => showTip(null)}
        onClick={(event) => {
          const node = nodeAt(event);
          if (node === undefined) return;
          if ((event.target as Element).closest('.toggle') && node.children.length > 0) {
            props.fold([node], !folded.has(node));
          } else {
            props.open(node);
          }
        }}
        onDblClick={(event) => {
          const node = nodeAt(event);
          if (!node || (event.target as Element).closest('.span-name')) return;
          const margin = (node.end - node.start) * 0.05;
          props.zoom({ from: node.start - margin, to: node.end + margin });
        }}
      >
        <canvas
          ref={canvas}
          class="bars"
          aria-hidden="true"
          style={{ top: `${first * kRowHeight}px`, width: `${width}px`, height: `${count * kRowHeight}px` }}
        />
        {away && place < first && row(active, place)}
        {shown.map((node, index) => row(node, first + index))}
        {away && place >= first && row(active, place)}
      </div>
    </div>
  );
}
