// Outlines of the map's nodes: each kind has its own, so that none is told by its colour alone.
import type { MapEdge, MapNode, NodeKind } from '../shared/api';
import { duration, percent, rate } from '../shared/format';
import { endWords } from '../services/words';
import { kArrow, type PlacedEdge } from './layout';

/** Around (0, 0). */
export function outline(kind: NodeKind, width: number, height: number): string {
  const x = width / 2;
  const y = height / 2;
  switch (kind) {
    case 'service':
      return (
        `M${8 - x} ${-y}H${x - 8}Q${x} ${-y} ${x} ${8 - y}V${y - 8}Q${x} ${y} ${x - 8} ${y}` +
        `H${8 - x}Q${-x} ${y} ${-x} ${y - 8}V${8 - y}Q${-x} ${-y} ${8 - x} ${-y}Z`
      );
    case 'database': // a cylinder that stands
      return (
        `M${-x} ${6 - y}A${x} 6 0 0 1 ${x} ${6 - y}V${y - 6}A${x} 6 0 0 1 ${-x} ${y - 6}Z` +
        `M${-x} ${6 - y}A${x} 6 0 0 0 ${x} ${6 - y}`
      );
    case 'queue': // a pipe
      return (
        `M${8 - x} ${-y}H${x - 8}A8 ${y} 0 0 1 ${x - 8} ${y}H${8 - x}A8 ${y} 0 0 1 ${8 - x} ${-y}Z` +
        `M${x - 8} ${-y}A8 ${y} 0 0 0 ${x - 8} ${y}`
      );
    case 'cache':
      return `M${12 - x} ${-y}H${x - 12}L${x} 0L${x - 12} ${y}H${12 - x}L${-x} 0Z`;
    default: // somebody else's: a box with its corners cut
      return (
        `M${10 - x} ${-y}H${x - 10}L${x} ${10 - y}V${y - 10}L${x - 10} ${y}H${10 - x}` +
        `L${-x} ${y - 10}V${10 - y}Z`
      );
  }
}

const kLetters = 24;

export const shortName = (node: MapNode): string => {
  const words = endWords(node);
  return words.length > kLetters ? words.slice(0, kLetters - 1) + '…' : words;
};

/** Depends on the name alone: numbers must not move anything. */
export const widthOf = (node: MapNode): number =>
  Math.max(168, Math.round(shortName(node).length * 7.6) + 40);

export const numbersOf = (node: MapNode): string =>
  node.count === 0 ? 'no requests' : `${rate(node.rate)} · ${duration(node.p95_ns)}`;

/** What stands on a line, below each other. */
export const linesOf = (edge: MapEdge): string[] => [
  rate(edge.rate),
  duration(edge.p95_ns),
  ...(edge.error_share > 0 ? [`${percent(edge.error_share)} errors`] : []),
];

/** Class of an error share: none, some, many, most. */
export function severity(share: number): string {
  return share <= 0 ? '' : share < 0.01 ? 'some' : share < 0.1 ? 'many' : 'most';
}

/** Of an edge, by its rate: from 1.2 to 7, each doubling as much wider as the one before. */
export function strokeWidth(rate: number, highest: number): number {
  if (rate <= 0 || highest <= 0) return 1.2;
  const octaves = Math.log2(highest / rate);
  return Math.max(1.2, 7 - octaves * 0.65);
}

/** At the end of a line of that width; SVG's own markers would grow with the line. */
export function arrow({ tip, angle }: PlacedEdge, width: number): string {
  const half = 4 + width * 0.55;
  const corner = (side: number): string => {
    const x = tip.x - (kArrow + 1) * Math.cos(angle) - side * half * Math.sin(angle);
    const y = tip.y - (kArrow + 1) * Math.sin(angle) + side * half * Math.cos(angle);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M${tip.x} ${tip.y}L${corner(1)}L${corner(-1)}Z`;
}
