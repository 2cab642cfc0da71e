// Past expressions to choose from.
import {useState} from 'preact/hooks';
import {matches} from '../format/labels';
import {Expression} from '../parts/expression';
import {Icon} from '../parts/icons';
import {Popover} from '../parts/popover';
import {Search} from '../parts/search';
import {useStore} from '../store';
import {past} from './history';

function List({onChoose}: {onChoose: (expr: string) => void}) {
  const all = useStore(past);
  const [words, setWords] = useState('');
  const shown = all.filter((expr) => matches(expr.toLowerCase(), words));
  if (all.length === 0) return <p class="muted popover-note">No query yet. What you execute is kept in this browser only.</p>;
  return (
    <>
      <div class="popover-head">
        <Search label="Search past queries" value={words} onChange={setWords} />
        <button type="button" class="quiet" onClick={() => past.set([])}>Clear</button>
      </div>
      <ul class="choices">
        {shown.map((expr) => <li key={expr}><button type="button" onClick={() => onChoose(expr)}><Expression text={expr} /></button></li>)}
      </ul>
    </>
  );
}

export function HistoryMenu({onChoose}: {onChoose: (expr: string) => void}) {
  return (
    <Popover label="Past queries" button={<Icon name="history" />}>
      {(close) => <List onChoose={(expr) => { close(); onChoose(expr); }} />}
    </Popover>
  );
}
