// A button that copies a text and says so for a moment.
import {useRef, useState} from 'preact/hooks';
import {Icon} from './icons';

// The asynchronous clipboard exists only on secure origins; a plain http server on another machine is none.
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  return undefined;
}

export function Copy({text, label}: {text: () => string; label: string}) {
  const [done, setDone] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const copy = async () => {
    try {
      await copyText(text());
      setDone(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setDone(false), 1500);
    } catch {
      setDone(false);
    }
  };
  return (
    <button type="button" class="quiet" title={label} aria-label={done ? 'Copied' : label} onClick={() => void copy()}>
      <Icon name={done ? 'check' : 'copy'} />
    </button>
  );
}
