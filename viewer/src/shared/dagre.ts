// dagre without the parts that the viewer does not use: its sources instead of its bundle, and of
// graphlib the graph and two walks (vite.config.ts puts graphlib.ts in its place).
import layoutOf from '@dagrejs/dagre/lib/layout.js';
import GraphOf from '@dagrejs/graphlib/lib/graph.js';
import type { graphlib, layout as Layout } from '@dagrejs/dagre';

export const layout: typeof Layout = layoutOf;
export const Graph: typeof graphlib.Graph = GraphOf;
