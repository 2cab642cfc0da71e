// The points of a range result, left in the text in which they came. A graph of a thousand series of a thousand points would
// otherwise be a million arrays and strings, which take longer to make and to clean up than the drawing does.
import {parseValue} from '../format/number';
import type {Point} from './types';

export class Points {
  // `text[from]` begins the array [[seconds,"value"],…], `text[to]` its last two brackets.
  constructor(private readonly text: string, private readonly from: number, private readonly to: number) {}

  each(visit: (seconds: number, value: number) => void): void {
    const {text, to} = this;
    for (let at = this.from + 2; at < to;) {
      const comma = text.indexOf(',', at);
      const end = text.indexOf('"', comma + 2);
      visit(Number(text.slice(at, comma)), parseValue(text.slice(comma + 2, end)));
      at = end + 4;  // Behind "],[
    }
  }
}

export function eachPoint(points: Points | Point[], visit: (seconds: number, value: number) => void): void {
  if (points instanceof Points) points.each(visit);
  else for (const [seconds, value] of points) visit(seconds, parseValue(value));
}

const opening = '"values":[[';
const keyLength = '"values":'.length;

// As JSON.parse, but with Points in the place of filled arrays "values" of range results. Within a string the opening cannot
// occur: its quotes would be escaped. A server that writes spaces between gets what JSON.parse makes of it.
export function parseRange(text: string): unknown {
  const cuts: Points[] = [];
  const rest: string[] = [];
  let at = 0;
  for (let found = text.indexOf(opening); found >= 0; found = text.indexOf(opening, at)) {
    const from = found + keyLength;
    const to = text.indexOf(']]', from);
    if (to < 0) break;
    rest.push(text.slice(at, from), String(cuts.length));
    cuts.push(new Points(text, from, to));
    at = to + 2;
  }
  rest.push(text.slice(at));
  return JSON.parse(rest.join(''), (key, value: unknown) => (key === 'values' && typeof value === 'number' ? cuts[value] : value));
}
