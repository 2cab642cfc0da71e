// The field for an expression: a plain text area until the editor has come, so that nobody waits for it.
import {useEffect, useImperativeHandle, useRef, useState} from 'preact/hooks';
import type {Ref} from 'preact';
import type {Editor} from './editor_view';

export interface EditorHandle {
  replace: (text: string) => void;
  insert: (text: string) => void;
  focus: () => void;
}

// `text` is what the field starts with and what it has reported since. Other texts come in by replace(): were the field to
// follow `text`, a slow machine would see it fight with the person who types on.
export function ExpressionField({text, label, error, onChange, onExecute, handle, autofocus}: {
  text: string; label: string; error?: string; onChange: (text: string) => void; onExecute: () => void;
  handle: Ref<EditorHandle>; autofocus: boolean;
}) {
  const host = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const editor = useRef<Editor | undefined>(undefined);
  const [ready, setReady] = useState(false);
  const latest = useRef({text, onChange, onExecute});
  latest.current = {text, onChange, onExecute};

  useEffect(() => {
    let gone = false;
    import('./editor_view').then(({createEditor}) => {
      if (gone || !host.current) return;
      const focused = document.activeElement === plain.current;
      editor.current = createEditor(host.current, latest.current.text, label, {
        onChange: (next) => latest.current.onChange(next),
        onExecute: () => latest.current.onExecute(),
      });
      setReady(true);
      if (focused || autofocus) editor.current.focus();
    }, () => undefined);
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = undefined;
    };
  }, []);

  useEffect(() => editor.current?.showError(error), [error, ready]);
  useImperativeHandle(handle, () => ({
    replace: (next) => editor.current?.setText(next),
    insert: (piece) => (editor.current ? editor.current.insert(piece) : onChange(text + piece)),
    focus: () => (editor.current ? editor.current.focus() : plain.current?.focus()),
  }));

  return (
    <div class="editor">
      <div ref={host} class="editor-host" hidden={!ready} />
      {!ready && (
        <textarea ref={plain} rows={1} value={text} aria-label={label} spellcheck={false} autocomplete="off"
          onInput={(e) => onChange(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Enter' || e.shiftKey) return;
            e.preventDefault();
            onExecute();
          }} />
      )}
    </div>
  );
}
