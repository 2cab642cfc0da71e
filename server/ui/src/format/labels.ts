// Label sets as text.
import type {LabelSet} from '../api/types';

const legacyName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const legacyLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const quote = (text: string) => JSON.stringify(text);

// As an expression would select it: up{job="a"}; names outside the classic alphabet are quoted.
export function seriesName({__name__: name = '', ...labels}: LabelSet): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${legacyLabel.test(label) ? label : quote(label)}=${quote(value)}`);
  if (name && !legacyName.test(name)) return `{${[quote(name), ...pairs].join(', ')}}`;
  return pairs.length > 0 || !name ? `${name}{${pairs.join(', ')}}` : name;
}

// One lower-case text to search in.
export function searchText(labels: LabelSet): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join(' ').toLowerCase();
}

// Every word of `words` occurs in `text` (which is lower case).
export function matches(text: string, words: string): boolean {
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
