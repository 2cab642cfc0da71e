// The hook of every page that shows live data: loads now, then again and again, and at once when the server is back.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {useStore} from '../store';
import {epoch} from './connection';
import {type Answer, ApiError, get, type Parameters} from './envelope';

export interface Live<T> {
  answer?: Answer<T>;  // The last good one; stays while later ones fail.
  error?: ApiError;    // Of the last attempt.
  reload: () => void;
}

// `everyMs` 0: only once (and after the server was away). Nothing is asked while the page is in the background. A big
// answer is asked for less often: loading takes at most a tenth of the time.
export function useLive<T>(path: string | undefined, parameters: Parameters = {}, everyMs = 5_000): Live<T> {
  const key = path === undefined ? undefined : JSON.stringify([path, parameters]);
  const [shown, show] = useState<{key?: string; answer?: Answer<T>; error?: ApiError}>({});
  const restarts = useStore(epoch);
  const kick = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (key === undefined) return undefined;
    const [address, sent] = JSON.parse(key) as [string, Parameters];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = false;
    const abort = new AbortController();

    const load = async () => {
      clearTimeout(timer);
      if (running) return;
      running = true;
      const started = performance.now();
      try {
        const answer = await get<T>(address, sent, abort.signal);
        show({key, answer});
      } catch (error) {
        if (abort.signal.aborted) return;
        const failure = error instanceof ApiError ? error : new ApiError('internal', String(error));
        show((old) => ({key, answer: old.key === key ? old.answer : undefined, error: failure}));
        if (failure.kind === 'missing') return;
      } finally {
        running = false;
      }
      if (everyMs > 0) timer = setTimeout(tick, Math.max(everyMs, 10 * (performance.now() - started)));
    };
    const tick = () => {
      if (document.hidden) timer = setTimeout(tick, 1_000);
      else void load();
    };
    kick.current = () => void load();
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, restarts]);

  const reload = useCallback(() => kick.current(), []);
  return shown.key === key ? {answer: shown.answer, error: shown.error, reload} : {reload};
}
