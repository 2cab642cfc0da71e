// A list of which only the rows on the screen exist, in the page's own scroll or in a box of its own. Heights may differ:
// a row counts with `estimate` until it was drawn once, then with what was measured.
import type {ComponentChildren} from 'preact';
import {useLayoutEffect, useMemo, useReducer, useRef} from 'preact/hooks';

interface Props<T> {
  items: T[];
  keyOf: (item: T, index: number) => string;
  estimate: number;
  render: (item: T, index: number) => ComponentChildren;
  boxed?: boolean;   // Scrolls by itself; otherwise the page does.
  role?: 'list' | 'rowgroup';
  class?: string;
  label?: string;
}

const margin = 400;  // Pixels drawn beyond the edges, so that fast scrolling shows rows at once.

// First index whose end lies behind `y`.
function find(ends: Float64Array, y: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function Virtual<T>({items, keyOf, estimate, render, boxed, role = 'list', class: name = '', label}: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<string, number>());
  const [measured, redraw] = useReducer<number, void>((n) => n + 1, 0);
  const view = useRef({top: 0, bottom: 1200});

  const ends = useMemo(() => {
    const out = new Float64Array(items.length);
    let sum = 0;
    for (let i = 0; i < items.length; i += 1) {
      sum += heights.current.get(keyOf(items[i], i)) ?? estimate;
      out[i] = sum;
    }
    return out;
  }, [items, measured, estimate]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let frame = 0;
    const look = () => {
      frame = 0;
      const top = boxed ? element.scrollTop : -element.getBoundingClientRect().top;
      const height = boxed ? element.clientHeight : innerHeight;
      const old = view.current;
      if (Math.abs(old.top - top) < margin / 4 && Math.abs(old.bottom - top - height) < margin / 4) return;
      view.current = {top, bottom: top + height};
      redraw();
    };
    const later = () => {
      if (!frame) frame = requestAnimationFrame(look);
    };
    look();
    const source: EventTarget = boxed ? element : window;
    source.addEventListener('scroll', later, {passive: true});
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      source.removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, [boxed]);

  const first = Math.max(0, Math.min(find(ends, view.current.top - margin), items.length - 1));
  const last = Math.min(items.length, find(ends, view.current.bottom + margin) + 1);

  // Rows just drawn tell their height; if one differs from what was counted, the sums are made again.
  useLayoutEffect(() => {
    const content = box.current?.firstElementChild;
    if (!content) return;
    let changed = false;
    for (let i = first; i < last; i += 1) {
      const row = content.children[i - first] as HTMLElement | undefined;
      if (!row) continue;
      const key = keyOf(items[i], i);
      const height = row.getBoundingClientRect().height;
      if (height > 0 && Math.abs((heights.current.get(key) ?? estimate) - height) > 0.5) {
        heights.current.set(key, height);
        changed = true;
      }
    }
    if (changed) redraw();
  });

  const total = items.length > 0 ? ends[items.length - 1] : 0;
  const before = first > 0 ? ends[first - 1] : 0;
  const after = total - (last > 0 ? ends[last - 1] : 0);
  return (
    <div ref={box} class={`virtual ${boxed ? 'boxed' : ''} ${name}`} tabIndex={boxed ? 0 : undefined} role={boxed ? 'region' : undefined}
      aria-label={boxed ? label : undefined}>
      <div role={role} aria-label={role === 'list' ? label : undefined}
        style={{paddingTop: `${before}px`, paddingBottom: `${Math.max(0, after)}px`}}>
        {items.slice(first, last).map((item, i) => render(item, first + i))}
      </div>
    </div>
  );
}
