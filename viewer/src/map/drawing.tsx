// The map as a drawing. One stop of the Tab key: arrow keys go from node to node, Enter shows the
// numbers of the one that has the focus.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { MapAnswer, MapEdge, MapNode } from '../shared/api';
import { serviceColour } from '../shared/colours';
import { duration, percent, plural } from '../shared/format';
import { useKeys } from '../shared/keyboard';
import { kNodeWords, share } from '../services/words';
import { edgeKey, kNodeHeight, place, type Placed, type PlacedEdge } from './layout';
import { PanZoom } from './pan_zoom';
import {
  arrow,
  linesOf,
  numbersOf,
  outline,
  severity,
  shortName,
  strokeWidth,
  widthOf,
} from './shapes';

interface Properties {
  map: MapAnswer;
  /** A node's id or an edge's key. */
  selected: string;
  select: (key: string) => void;
}

const n = (value: number): string => value.toFixed(1);

const kDirections: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest node in that direction; those straight ahead go before those aside. */
function neighbour(nodes: Map<string, Placed>, from: string, [dx, dy]: [number, number]) {
  const start = nodes.get(from)!;
  let best: string | undefined;
  let least = Infinity;
  for (const [id, { x, y }] of nodes) {
    const ahead = (x - start.x) * dx + (y - start.y) * dy;
    if (ahead < 1) continue;
    const cost = ahead + 2.5 * Math.abs((x - start.x) * dy + (y - start.y) * dx);
    if (cost < least) [best, least] = [id, cost];
  }
  return best;
}

export function Drawing({ map, selected, select }: Properties) {
  const svg = useRef<SVGSVGElement>(null);
  const group = useRef<SVGGElement>(null);
  const view = useRef<PanZoom | null>(null);
  const known = new Set(map.nodes.map((node) => node.id));
  const edges = map.edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  const placed = useMemo(
    () => place(new Map(map.nodes.map((node) => [node.id, widthOf(node)])), edges),
    [map],
  );
  const highest = Math.max(...edges.map((edge) => edge.rate), 0);
  const focusable = placed.nodes.has(selected) ? selected : firstOf(placed.nodes);

  useEffect(() => {
    const moving = (view.current = new PanZoom(svg.current!, group.current!));
    return () => moving.close();
  }, []);
  useEffect(() => view.current?.resize(placed.width, placed.height), [placed]);

  const zoom = (factor: number): void => view.current?.zoom(factor);
  const fit = (): void => view.current?.fit();
  useKeys([
    { keys: ['+', '='], words: 'closer', run: () => zoom(1.25) },
    { keys: ['-'], words: 'farther', run: () => zoom(0.8) },
    { keys: ['0'], words: 'the whole map', run: fit },
  ]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = kDirections[event.key];
    const id = (event.target as Element).getAttribute('data-id');
    if (event.key === 'Enter' || event.key === ' ') {
      if (id === null) return;
      select(id);
    } else if (event.key === 'Escape' && selected) {
      select('');
    } else if (direction && (event.shiftKey || id === null)) {
      view.current?.pan(-60 * direction[0], -60 * direction[1]);
    } else if (direction) {
      const next = neighbour(placed.nodes, id!, direction);
      if (next === undefined) return event.preventDefault();
      const element = svg.current!.querySelector<SVGGElement>(`[data-id="${CSS.escape(next)}"]`);
      element?.focus({ preventScroll: true });
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div class="map-drawing">
      <svg
        ref={svg}
        role="group"
        aria-label={`Map of ${plural(map.nodes.length, 'node')} and ${plural(edges.length, 'connection')}. Arrow keys go from node to node, Enter shows its numbers. The table has the same contents.`}
        onKeyDown={onKeyDown}
      >
        <g ref={group}>
          {edges.map((edge) => (
            <Edge
              key={edgeKey(edge)}
              edge={edge}
              placed={placed.edges.get(edgeKey(edge))!}
              width={strokeWidth(edge.rate, highest)}
              selected={selected === edgeKey(edge)}
              near={selected === edge.from || selected === edge.to}
              select={select}
            />
          ))}
          {map.nodes.map((node) => (
            <Node
              key={node.id}
              node={node}
              placed={placed.nodes.get(node.id)!}
              selected={selected === node.id}
              focusable={focusable === node.id}
              select={select}
              reveal={({ x, y, width, height }) => view.current?.reveal(x, y, width, height)}
            />
          ))}
        </g>
      </svg>
      <div class="map-tools">
        <button type="button" aria-label="Closer" title="Closer (+)" onClick={() => zoom(1.25)}>
          +
        </button>
        <button type="button" aria-label="Farther" title="Farther (-)" onClick={() => zoom(0.8)}>
          −
        </button>
        <button type="button" title="The whole map (0)" onClick={fit}>
          Fit
        </button>
      </div>
    </div>
  );
}

/** Where Tab enters the drawing: at its left upper end. */
function firstOf(nodes: Map<string, Placed>): string | undefined {
  return [...nodes].sort(([, a], [, b]) => a.x - b.x || a.y - b.y)[0]?.[0];
}

interface NodeProperties {
  node: MapNode;
  placed: Placed;
  selected: boolean;
  focusable: boolean;
  select: (key: string) => void;
  reveal: (placed: Placed) => void;
}

function Node({ node, placed, selected, focusable, select, reveal }: NodeProperties) {
  const failing = share(node.errors, node.count);
  const words = `95 of 100 took at most ${duration(node.p95_ns)}, ${percent(failing)} failed`;
  const left = 14 - placed.width / 2;
  return (
    <g
      class={`map-node ${node.kind} ${severity(failing)} ${selected ? 'selected' : ''}`}
      data-id={node.id}
      transform={`translate(${placed.x} ${placed.y})`}
      role="button"
      aria-pressed={selected}
      // Its name is its text.
      aria-description={words}
      // In SVG, attributes keep their case: tabIndex would be none.
      tabindex={focusable ? 0 : -1}
      onClick={() => select(node.id)}
      onFocus={() => reveal(placed)}
    >
      <path d={outline(node.kind, placed.width, placed.height)} />
      {node.kind === 'service' && (
        <rect
          x={left - 7}
          y={-kNodeHeight / 2 + 8}
          width={4}
          height={kNodeHeight - 16}
          rx={2}
          style={{ fill: serviceColour(node.name) }}
        />
      )}
      <text class="map-kind" x={left + 4} y={-kNodeHeight / 2 - 5}>
        {kNodeWords[node.kind]}
      </text>
      <text
        class="map-name"
        x={left + 4}
        y={-2}
        style={{ '--most': `${(placed.width - 24) / (shortName(node).length * 0.62)}px` }}
      >
        {shortName(node)}
      </text>
      <text class="map-numbers" x={left + 4} y={14}>
        {numbersOf(node)}
        {failing > 0 && <tspan class="map-failing"> · {percent(failing)}</tspan>}
      </text>
    </g>
  );
}

interface EdgeProperties {
  edge: MapEdge;
  placed: PlacedEdge;
  width: number;
  selected: boolean;
  near: boolean;
  select: (key: string) => void;
}

function Edge({ edge, placed, width, selected, near, select }: EdgeProperties) {
  const { label, path } = placed;
  const lines = linesOf(edge);
  const half = Math.max(...lines.map((line) => line.length)) * 2.9 + 4;
  const top = -lines.length * 6.5;
  const state = selected ? 'selected' : near ? 'near' : '';
  return (
    <g
      class={`map-edge ${severity(edge.error_share)} ${state}`}
      data-edge={edgeKey(edge)}
      aria-hidden="true"
      onClick={() => select(edgeKey(edge))}
    >
      <path class="map-grip" d={path} />
      <path class="map-line" d={path} style={{ strokeWidth: `${width}px` }} />
      <path class="map-arrow" d={arrow(placed, width)} />
      <g class="map-label" transform={`translate(${n(label.x)} ${n(label.y)})`}>
        <rect x={-half} y={top - 1} width={2 * half} height={-2 * top + 2} rx={4} />
        {lines.map((line, index) => (
          <text key={index} class={index === 2 ? 'map-failing' : ''} y={top + 10 + index * 13}>
            {line}
          </text>
        ))}
      </g>
    </g>
  );
}
