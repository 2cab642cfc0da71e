// The present time as a value that moves, for ages like "12s ago". One timer for all.
import {useEffect} from 'preact/hooks';
import {Store, useStore} from '../store';

const now = new Store(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
  useEffect(() => {
    users += 1;
    if (users === 1) timer = setInterval(() => now.set(Date.now()), 1000);
    return () => {
      users -= 1;
      if (users === 0) clearInterval(timer);
    };
  }, []);
  useStore(now);
  return Date.now();
}
