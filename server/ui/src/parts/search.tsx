// The search field above a list. "/" focuses the first one of a page.
import {useEffect, useRef} from 'preact/hooks';
import {Icon} from './icons';

export function Search({value, onChange, label}: {value: string; onChange: (value: string) => void; label: string}) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.composedPath()[0] as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || target.isContentEditable || /INPUT|TEXTAREA|SELECT/.test(target.tagName)) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);
  return (
    <div class="search">
      <Icon name="search" />
      <input ref={input} type="search" value={value} placeholder={label} aria-label={label} spellcheck={false}
        autocomplete="off" onInput={(e) => onChange(e.currentTarget.value)} />
    </div>
  );
}
