// The bars of the waterfall, on a canvas that covers the rows near the ones on screen.

import { errorColour, inkColours, operationColour } from '../shared/colours';
import { duration } from '../shared/format';
import { answerOf } from './explain';
import type { SpanNode } from './model';
import { ticks, type Range } from './rows';

export const kRowHeight = 26;
const kBarTop = 6;
const kBarHeight = 12;
const kTouching = 1;  // px between which pieces are drawn as one

export interface Drawing {
  rows: SpanNode[];
  first: number;
  count: number;
  range: Range;
  width: number;
  highlighted: string | null;  // a service; the others are faint
}

/** A canvas of `width` x `height` px, sharp on every screen. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number) {
  const scale = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = canvas.getContext('2d')!;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function fontOf(canvas: HTMLCanvasElement, size: number): string {
  return `${size}px ${getComputedStyle(canvas).fontFamily}`;
}

/** The pieces of `pairs` in view, as `draw(x, width)`; pieces that touch on screen become one. */
function pieces(pairs: number[], range: Range, width: number, latestFirst: boolean,
                draw: (x: number, width: number) => void) {
  const scale = width / (range.to - range.from);
  let left = NaN;
  let right = NaN;
  const count = pairs.length / 2;
  for (let index = 0; index < count; ++index) {
    const at = (latestFirst ? count - 1 - index : index) * 2;
    if (pairs[at + 1]! < range.from) continue;
    if (pairs[at]! > range.to) break;
    const from = Math.max(-2, (pairs[at]! - range.from) * scale);
    const to = Math.min(width + 2, (pairs[at + 1]! - range.from) * scale);
    if (from <= right + kTouching) {
      right = Math.max(right, to);
      continue;
    }
    if (right >= left) draw(left, right - left);
    [left, right] = [from, to];
  }
  if (right >= left) draw(left, right - left);
}

function drawBar(context: CanvasRenderingContext2D, node: SpanNode, y: number, drawing: Drawing) {
  const { range, width } = drawing;
  const scale = width / (range.to - range.from);
  const from = (node.start - range.from) * scale;
  const to = (node.end - range.from) * scale;
  const ink = inkColours();
  const label = duration(node.end - node.start);
  if (to < 0 || from > width) {
    context.fillStyle = ink.faint;
    context.textAlign = to < 0 ? 'left' : 'right';
    context.fillText(to < 0 ? '‹' : '›', to < 0 ? 2 : width - 2, y + kBarTop + 10);
    return;
  }
  const x = Math.max(-4, from);
  const wide = Math.max(2, Math.min(width + 4, to) - x);
  const colour = operationColour(node.span.service, node.span.name);
  const alpha = context.globalAlpha;
  context.fillStyle = colour;
  // Where a child is open the bar is faint; own work is full.
  context.globalAlpha = alpha * 0.38;
  context.fillRect(x, y + kBarTop, wide, kBarHeight);
  context.globalAlpha = alpha;
  const answer = answerOf(node);
  if (answer === undefined) {
    if (node.gaps.length === 0 && node.end <= node.start) context.fillRect(x, y + kBarTop, 2, kBarHeight);
    pieces(node.gaps, range, width, false, (left, length) =>
      context.fillRect(left, y + kBarTop, Math.max(length, 0.75), kBarHeight));
  } else {
    // Waiting for another service: an empty frame.
    pieces(node.gaps, range, width, false, (left, length) => {
      context.clearRect(left, y + kBarTop, length, kBarHeight);
      context.strokeStyle = colour;
      context.lineWidth = 1;
      context.strokeRect(left + 0.5, y + kBarTop + 0.5, Math.max(length - 1, 0.5), kBarHeight - 1);
    });
  }
  if (node.span.status === 'error') {
    context.strokeStyle = errorColour();
    context.lineWidth = 2;
    context.strokeRect(x - 1, y + kBarTop - 1, wide + 2, kBarHeight + 2);
  }
  context.fillStyle = ink.text;
  pieces(node.path, range, width, true, (left, length) =>
    context.fillRect(left, y + kBarTop + kBarHeight + 1, Math.max(length, 1), 2.5));
  for (const event of (node.span.events ?? []).slice(0, 500)) {
    const at = (event.time_ns - range.from) * scale;
    if (at < -4 || at > width + 4) continue;
    context.beginPath();
    context.moveTo(at, y + kBarTop + 1);
    context.lineTo(at + 4.5, y + kBarTop + 6);
    context.lineTo(at, y + kBarTop + 11);
    context.lineTo(at - 4.5, y + kBarTop + 6);
    context.fillStyle = event.name === 'exception' ? errorColour() : ink.text;
    context.fill();
    context.strokeStyle = ink.page;
    context.lineWidth = 1;
    context.stroke();
  }
  const size = context.measureText(label).width;
  context.fillStyle = ink.faint;
  context.textAlign = 'left';
  if (to + size + 10 < width) {
    context.fillText(label, Math.max(to, from + 2) + 6, y + kBarTop + 10);
  } else if (from - size - 8 > 0) {
    context.fillText(label, from - size - 6, y + kBarTop + 10);
  } else {
    context.fillStyle = ink.page;
    const place = Math.max(from, 0) + 6;
    context.fillRect(place - 3, y + kBarTop + 1, size + 6, kBarHeight - 2);
    context.fillStyle = ink.text;
    context.fillText(label, place, y + kBarTop + 10);
  }
}

export function drawRows(canvas: HTMLCanvasElement, drawing: Drawing) {
  const { rows, first, count, range, width, highlighted } = drawing;
  const context = prepare(canvas, width, count * kRowHeight);
  context.font = fontOf(canvas, 11);
  context.fillStyle = inkColours().line;
  for (const time of ticks(range, width / 110)) {
    const x = ((time - range.from) / (range.to - range.from)) * width;
    context.fillRect(Math.round(x), 0, 1, count * kRowHeight);
  }
  for (let index = 0; index < count; ++index) {
    const node = rows[first + index];
    if (node === undefined) break;
    context.globalAlpha = highlighted !== null && node.span.service !== highlighted ? 0.2 : 1;
    drawBar(context, node, index * kRowHeight, drawing);
  }
  context.globalAlpha = 1;
}

export function drawRuler(canvas: HTMLCanvasElement, range: Range, width: number) {
  const context = prepare(canvas, width, 28);
  context.font = fontOf(canvas, 11);
  const ink = inkColours();
  for (const time of ticks(range, width / 110)) {
    const x = ((time - range.from) / (range.to - range.from)) * width;
    context.fillStyle = ink.line;
    context.fillRect(Math.round(x), 18, 1, 10);
    context.fillStyle = ink.faint;
    const label = duration(time);
    const size = context.measureText(label).width;
    context.fillText(label, Math.max(1, Math.min(x - size / 2, width - size - 1)), 14);
  }
}
