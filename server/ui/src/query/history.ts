// Past expressions of this browser, the latest first, each once.
import {keepHistory} from '../settings';
import {persistent} from '../store';

const capacity = 200;

export const past = persistent<string[]>('history', [], (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'));

export function remember(expr: string): void {
  const text = expr.trim();
  if (!text || !keepHistory.get()) return;
  past.set([text, ...past.get().filter((one) => one !== text)].slice(0, capacity));
}
