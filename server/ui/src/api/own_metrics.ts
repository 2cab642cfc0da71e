// What the server says about itself at metrics, for figures that no endpoint of the API has.
import {useEffect, useState} from 'preact/hooks';
import {useStore} from '../store';
import {epoch} from './connection';

export type OwnMetrics = Map<string, number>;  // Sums over the labels, by name.

// Lines of the text format: name, labels or none, value.
function parse(text: string): OwnMetrics {
  const sums: OwnMetrics = new Map();
  for (const line of text.split('\n')) {
    const match = line.match(/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})? (\S+)/);
    if (!match) continue;
    const value = Number(match[2]);
    if (Number.isFinite(value)) sums.set(match[1], (sums.get(match[1]) ?? 0) + value);
  }
  return sums;
}

// Undefined until they are there, and where they cannot be had.
export function useOwnMetrics(everyMs: number): OwnMetrics | undefined {
  const [metrics, setMetrics] = useState<OwnMetrics>();
  const restarts = useStore(epoch);
  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      if (document.hidden) return;
      try {
        const response = await fetch('metrics', {cache: 'no-store', signal: abort.signal, headers: {Accept: 'text/plain;version=0.0.4'}});
        if (response.ok) setMetrics(parse(await response.text()));
      } catch {
        // The page's other requests say that the server is away.
      }
    };
    void load();
    const timer = setInterval(() => void load(), everyMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [everyMs, restarts]);
  return metrics;
}
