// Tabs in the sense of WAI-ARIA: arrow keys move, the panel is named by its tab.
import type {ComponentChildren} from 'preact';

export function Tabs<T extends string>({id, label, tabs, active, onChange, children}: {
  id: string; label: string; tabs: {value: T; text: string}[]; active: T; onChange: (tab: T) => void; children?: ComponentChildren;
}) {
  const move = (event: KeyboardEvent) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.value === active);
    const next = tabs[(at + step + tabs.length) % tabs.length].value;
    onChange(next);
    document.getElementById(`${id}-tab-${next}`)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab) => (
          <button key={tab.value} id={`${id}-tab-${tab.value}`} type="button" role="tab" aria-selected={tab.value === active}
            aria-controls={`${id}-panel`} tabIndex={tab.value === active ? 0 : -1} onClick={() => onChange(tab.value)}>{tab.text}</button>
        ))}
      </div>
      {children}
    </div>
  );
}

export function TabPanel({id, active, children}: {id: string; active: string; children: ComponentChildren}) {
  return <div class="tab-panel" id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-tab-${active}`}>{children}</div>;
}
