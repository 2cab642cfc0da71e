// An expression in colours. The highlighter comes in a file of its own; until it is there the text is plain.
import {useEffect, useState} from 'preact/hooks';
import {followLink} from '../router';

export type Piece = [text: string, style: string];
type Highlight = (text: string) => Piece[];

let loaded: Highlight | undefined;
let loading: Promise<Highlight> | undefined;

function useHighlight(): Highlight | undefined {
  const [, redraw] = useState(loaded !== undefined);
  useEffect(() => {
    if (loaded) return;
    loading ??= import('../query/highlight').then((module) => (loaded = module.highlight));
    loading.then(() => redraw(true), () => undefined);
  }, []);
  return loaded;
}

export function Expression({text}: {text: string}) {
  const highlight = useHighlight();
  return (
    <code class="expression">
      {highlight ? highlight(text).map(([piece, style], i) => (style ? <span key={i} class={style}>{piece}</span> : piece)) : text}
    </code>
  );
}

// The same as a link to the query page.
export function ExpressionLink({text, tab = 'graph'}: {text: string; tab?: 'graph' | 'table'}) {
  const search = new URLSearchParams({'g0.expr': text, 'g0.tab': tab});
  return <a class="expression-link" href={`query?${search}`} onClick={followLink} title="Open on the query page"><Expression text={text} /></a>;
}
