declare module '@dagrejs/dagre/lib/layout.js' {
  import { layout } from '@dagrejs/dagre';
  export default layout;
}
declare module '@dagrejs/graphlib/lib/graph.js' {
  import { graphlib } from '@dagrejs/dagre';
  const Graph: typeof graphlib.Graph;
  export default Graph;
}
declare module '@dagrejs/graphlib/lib/alg/*.js' {
  const walk: (...parameters: unknown[]) => unknown;
  export default walk;
}
