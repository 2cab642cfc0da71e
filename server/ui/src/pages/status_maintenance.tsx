// What the admin API can do to the storage: delete series, snapshot, compaction. Only where the server allows it.
import {useState} from 'preact/hooks';
import {useAdmin} from '../api/admin';
import {ApiError, get, type Parameters, post} from '../api/envelope';
import type {LabelSet} from '../api/types';
import {plural} from '../format/number';
import {parseTimeInput} from '../format/time';
import {Series} from '../parts/labels';
import {Notice} from '../parts/notice';
import {zone, type Zone} from '../settings';
import {useStore} from '../store';

const countedAtMost = 10_000;
const listedAtMost = 8;

type Result = {kind: 'error' | 'info'; text: string};

const failure = (problem: unknown): Result => ({kind: 'error', text: problem instanceof ApiError ? problem.message : String(problem)});

interface Wish {
  selectors: string[];
  start?: number;  // Milliseconds.
  end?: number;
}

function parametersOf({selectors, start, end}: Wish): Parameters {
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : String(ms / 1000));
  return {'match[]': selectors, start: seconds(start), end: seconds(end)};
}

// One selector a line. Nothing when a time is no time.
function wishOf(text: string, from: string, to: string, clock: Zone): Wish | undefined {
  const selectors = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const start = from.trim() ? parseTimeInput(from, clock) : undefined;
  const end = to.trim() ? parseTimeInput(to, clock) : undefined;
  if (selectors.length === 0 || (from.trim() && start === undefined) || (to.trim() && end === undefined)) return undefined;
  return {selectors, start, end};
}

function Found({series}: {series: LabelSet[]}) {
  const more = series.length - listedAtMost;
  return (
    <ul class="plain found">
      {series.slice(0, listedAtMost).map((labels, i) => <li key={i}><Series labels={labels} /></li>)}
      {more > 0 && <li class="muted">and {series.length >= countedAtMost ? 'many more' : plural(more, 'more')}</li>}
    </ul>
  );
}

// First shows what would go, then asks again; deleting is not undone.
function DeleteSeries() {
  const clock = useStore(zone);
  const [text, setText] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [found, setFound] = useState<{wish: Wish; series: LabelSet[]}>();
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result>();
  const wish = wishOf(text, from, to, clock);
  const edit = (set: (value: string) => void) => (event: {currentTarget: HTMLInputElement | HTMLTextAreaElement}) => {
    set(event.currentTarget.value);
    setFound(undefined);
    setResult(undefined);
  };
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    try {
      await act();
    } catch (problem) {
      setResult(failure(problem));
    } finally {
      setBusy(false);
    }
  };
  const look = () => attempt(async () => {
    if (!wish) return;
    // Without a start the API would look at a short time only.
    const parameters = {...parametersOf(wish), start: String((wish.start ?? 0) / 1000), limit: String(countedAtMost)};
    const {data} = await get<LabelSet[]>('series', parameters);
    setResult(data.length === 0 ? {kind: 'info', text: 'No series matches.'} : undefined);
    setFound(data.length === 0 ? undefined : {wish, series: data});
  });
  const erase = () => attempt(async () => {
    if (!found) return;
    await post<void>('admin/tsdb/delete_series', parametersOf(found.wish));
    setResult({kind: 'info', text: 'Deleted. The space is reclaimed later; "Reclaim space" does it now.'});
    setFound(undefined);
  });
  const badTime = (value: string) => value.trim() !== '' && parseTimeInput(value, clock) === undefined;
  const count = found && (found.series.length >= countedAtMost ? `${plural(countedAtMost, 'series', 'series')} and more` : plural(found.series.length, 'series', 'series'));

  return (
    <section class="card">
      <h2>Delete series</h2>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void look(); }}>
        <label class="field wide"><span>Selectors, one a line</span>
          <textarea rows={2} value={text} spellcheck={false} placeholder={'up{job="old"}'} onInput={edit(setText)} /></label>
        <label class="field"><span>From <span class="muted">(empty: the beginning)</span></span>
          <input type="text" value={from} placeholder="YYYY-MM-DD hh:mm:ss" aria-invalid={badTime(from)} onInput={edit(setFrom)} /></label>
        <label class="field"><span>To <span class="muted">(empty: now)</span></span>
          <input type="text" value={to} placeholder="YYYY-MM-DD hh:mm:ss" aria-invalid={badTime(to)} onInput={edit(setTo)} /></label>
        <div class="form-actions">
          <button type="submit" disabled={!wish || busy}>Show what matches</button>
          {found && <button type="button" class="danger" disabled={busy} onClick={() => void erase()}>Delete {count}</button>}
        </div>
      </form>
      {found && <Found series={found.series} />}
      {found && <Notice kind="warning">Their samples {found.wish.start === undefined && found.wish.end === undefined ? '' : 'between these times '}
        are gone at once, and cannot be brought back.</Notice>}
      {result && <Notice kind={result.kind}>{result.text}</Notice>}
    </section>
  );
}

interface Action {
  path: string;
  title: string;
  text: string;
  done: (data: {name?: string} | undefined) => string;
}

const actions: Action[] = [
  {path: 'snapshot', title: 'Make a snapshot', text: 'A copy of the data in the folder snapshots, which a server can be started on.',
    done: (data) => `Snapshot ${data?.name ?? ''} is made.`},
  {path: 'compact', title: 'Compact', text: 'Seals what is in memory and rewrites files until all is settled.', done: () => 'Compacted.'},
  {path: 'clean_tombstones', title: 'Reclaim space', text: 'Rewrites the files from which series were deleted.', done: () => 'The space is reclaimed.'},
];

function Maintenance() {
  const [busy, setBusy] = useState('');
  const [result, setResult] = useState<Result>();
  const run = async ({path, done}: Action) => {
    setBusy(path);
    setResult(undefined);
    try {
      const {data} = await post<{name?: string} | undefined>(`admin/tsdb/${path}`, {});
      setResult({kind: 'info', text: done(data)});
    } catch (problem) {
      setResult(failure(problem));
    } finally {
      setBusy('');
    }
  };
  return (
    <section class="card">
      <h2>Maintenance</h2>
      <ul class="plain">
        {actions.map((action) => (
          <li key={action.path} class="action">
            <button type="button" disabled={busy !== ''} onClick={() => void run(action)}>
              {busy === action.path && <span class="spinner" />}{action.title}</button>
            <span class="muted small">{action.text}</span>
          </li>
        ))}
      </ul>
      {result && <Notice kind={result.kind}>{result.text}</Notice>}
    </section>
  );
}

export function StorageMaintenance() {
  const allowed = useAdmin();
  if (allowed === undefined) return null;
  if (!allowed) {
    return <p class="muted small">Deleting series and snapshots are offered here when the server runs with <code>--web.enable-admin-api</code>.</p>;
  }
  return <div class="card-grid"><DeleteSeries /><Maintenance /></div>;
}
