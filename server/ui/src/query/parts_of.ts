// Cuts an expression into the parts that can be evaluated by themselves.
import type {SyntaxNode} from '@lezer/common';
import {parser} from '@prometheus-io/lezer-promql';

export interface Part {
  kind: string;
  expr: string;
  parts: Part[];
}

const kinds: Record<string, string> = {
  AggregateExpr: 'aggregation', BinaryExpr: 'binary', FunctionCall: 'function', MatrixSelector: 'range selector', VectorSelector: 'selector',
  SubqueryExpr: 'subquery', ParenExpr: 'group', UnaryExpr: 'unary', NumberDurationLiteral: 'number', StringLiteral: 'string',
  OffsetExpr: 'offset', StepInvariantExpr: 'at time', AnchoredExpr: 'anchored', SmoothedExpr: 'smoothed',
};
// Parts of these say nothing that the whole does not say.
const leaves = new Set(['MatrixSelector', 'VectorSelector', 'OffsetExpr', 'StepInvariantExpr', 'NumberDurationLiteral', 'StringLiteral']);
const trivial = new Set(['NumberDurationLiteral', 'StringLiteral']);
const deepest = 60;

function children(node: SyntaxNode, text: string, depth: number): Part[] {
  const out: Part[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (trivial.has(child.name)) continue;
    if (kinds[child.name]) out.push(partOf(child, text, depth + 1));
    else out.push(...children(child, text, depth));
  }
  return out;
}

function partOf(node: SyntaxNode, text: string, depth: number): Part {
  // Parentheses around a part are no part of their own.
  if (node.name === 'ParenExpr') {
    const inner = children(node, text, depth);
    if (inner.length === 1) return inner[0];
  }
  const parts = leaves.has(node.name) || depth > deepest ? [] : children(node, text, depth);
  return {kind: kinds[node.name], expr: text.slice(node.from, node.to), parts};
}

// Nothing when the text is no expression.
export function partsOf(text: string): Part | undefined {
  const tree = parser.parse(text);
  let broken = false;
  tree.iterate({enter: (node) => { broken ||= node.type.isError; }});
  const first = tree.topNode.firstChild;
  if (broken || !first) return undefined;
  const whole = children(tree.topNode, text, 0);
  return whole[0] ?? {kind: kinds[first.name] ?? 'expression', expr: text, parts: []};
}
