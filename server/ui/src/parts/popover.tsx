// A button with a box below it that closes by itself: Escape, a click elsewhere, focus that leaves.
import type {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';

export function Popover({button, label, class: name = '', children}: {
  button: ComponentChildren; label: string; class?: string; children: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event) => {
      if (root.current && !event.composedPath().includes(root.current)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      root.current?.querySelector('button')?.focus();
    };
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    addEventListener('keydown', escape);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
      removeEventListener('keydown', escape);
    };
  }, [open]);
  return (
    <div class="popover-anchor" ref={root}>
      <button type="button" class={`quiet ${name}`} title={label} aria-label={label} aria-expanded={open} onClick={() => setOpen(!open)}>{button}</button>
      {open && <div class="popover">{children(() => setOpen(false))}</div>}
    </div>
  );
}
