// What dagre needs of graphlib; see dagre.ts.
import GraphOf from '@dagrejs/graphlib/lib/graph.js';
import preorder from '@dagrejs/graphlib/lib/alg/preorder.js';
import postorder from '@dagrejs/graphlib/lib/alg/postorder.js';

export const Graph = GraphOf;
export const alg = { preorder, postorder };
