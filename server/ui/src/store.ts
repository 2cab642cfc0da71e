// A value with listeners, and the hook that re-renders a component when it changes.
import {useEffect, useState} from 'preact/hooks';

export class Store<T> {
  private readonly listeners = new Set<() => void>();
  constructor(private value: T) {}

  get(): T {
    return this.value;
  }
  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }
  // Returns the function that ends the subscription.
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => {
    let seen = store.get();
    redraw((n) => n + 1);
    return store.subscribe(() => {
      if (Object.is(seen, store.get())) return;
      seen = store.get();
      redraw((n) => n + 1);
    });
  }, [store]);
  return store.get();
}

// A store whose value outlives the page in localStorage. A browser that forbids storage gets a plain store.
export function persistent<T>(key: string, initial: T, valid: (value: unknown) => boolean): Store<T> {
  let first = initial;
  try {
    const text = localStorage.getItem(`vigia.${key}`);
    const value: unknown = text === null ? undefined : JSON.parse(text);
    if (value !== undefined && valid(value)) first = value as T;
  } catch {
    // Storage is switched off or holds something else: start from the initial value.
  }
  const store = new Store(first);
  store.subscribe(() => {
    try {
      localStorage.setItem(`vigia.${key}`, JSON.stringify(store.get()));
    } catch {
      // Full or switched off: the setting lasts as long as the page.
    }
  });
  return store;
}
