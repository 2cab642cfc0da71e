// Colours of PromQL outside the editor, by the same grammar.
import {parser} from '@prometheus-io/lezer-promql';
import {highlightTree, tagHighlighter, tags} from '@lezer/highlight';
import type {Piece} from '../parts/expression';

const styles = tagHighlighter([
  {tag: tags.variableName, class: 'hl-metric'},
  {tag: tags.labelName, class: 'hl-label'},
  {tag: tags.string, class: 'hl-string'},
  {tag: tags.number, class: 'hl-number'},
  {tag: [tags.modifier, tags.operatorKeyword, tags.logicOperator], class: 'hl-keyword'},
  {tag: tags.function(tags.variableName), class: 'hl-function'},
  {tag: tags.comment, class: 'hl-comment'},
]);

export function highlight(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  highlightTree(parser.parse(text), styles, (from, to, style) => {
    if (from > at) pieces.push([text.slice(at, from), '']);
    pieces.push([text.slice(from, to), style]);
    at = to;
  });
  if (at < text.length) pieces.push([text.slice(at), '']);
  return pieces;
}
