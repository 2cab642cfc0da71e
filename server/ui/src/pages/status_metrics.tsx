// Bytes at rest of metrics, page by page and by name. The server measures when asked, for it looks at every series: each
// metric of a page is measured as a retention policy of its own.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {ApiError, get} from '../api/envelope';
import type {Retention, TsdbStatus} from '../api/types';
import {bytes, integer} from '../format/number';
import {Notice} from '../parts/notice';
import {Search} from '../parts/search';

const pageSize = 20;
const ranked = 10_000;     // As many names as the server ranks by their series.
const patienceMs = 250;    // While somebody types.

// All names of metrics, those with the most series first.
async function namesOfMetrics(): Promise<string[]> {
  const {data} = await get<TsdbStatus>('status/tsdb', {limit: String(ranked)});
  const names = data.seriesCountByMetricName.map(({name}) => name);
  if (names.length < ranked) return names;
  const all = (await get<string[]>('label/__name__/values')).data;
  return [...new Set([...names, ...all])];
}

async function measure(names: string[], signal: AbortSignal): Promise<[string, number][]> {
  const policy = names.map((name) => `100y {__name__=${JSON.stringify(name)}}`);
  const {policies} = (await get<Retention>('status/retention', {policy}, signal)).data;
  return policies.map((one, i) => [names[i], one.bytes]);
}

const textOf = (problem: unknown) => (problem instanceof ApiError ? problem.message : String(problem));

function Bars({names, sizes}: {names: string[]; sizes: ReadonlyMap<string, number>}) {
  const rows = names.map((name) => ({name, size: sizes.get(name)})).sort((a, b) => (b.size ?? -1) - (a.size ?? -1));
  const most = Math.max(1, ...rows.map(({size}) => size ?? 0));
  return (
    <ul class="bars">
      {rows.map(({name, size}) => (
        <li key={name}>
          {size !== undefined && <span class="bar" style={{width: `${(100 * size) / most}%`}} />}
          <span class="bar-name mono" title={name}>{name}</span><span class="figure">{size === undefined ? '…' : bytes(size)}</span>
        </li>
      ))}
    </ul>
  );
}

function Pager({page, of, onPage}: {page: number; of: number; onPage: (page: number) => void}) {
  const last = Math.min(of, (page + 1) * pageSize);
  return (
    <div class="pager">
      <span class="muted">{integer(page * pageSize + 1)} to {integer(last)} of {integer(of)}, most series first</span>
      <button type="button" class="small-button" disabled={page === 0} onClick={() => onPage(page - 1)}>Previous</button>
      <button type="button" class="small-button" disabled={last >= of} onClick={() => onPage(page + 1)}>Next</button>
    </div>
  );
}

export function BytesByMetric() {
  const [names, setNames] = useState<string[]>();   // Undefined until somebody wants to know.
  const [sizes, setSizes] = useState<ReadonlyMap<string, number>>(new Map());
  const [search, setSearch] = useState('');
  const [page, setPage] = useState(0);
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const found = useMemo(() => names?.filter((name) => name.toLowerCase().includes(search.trim().toLowerCase())) ?? [], [names, search]);
  const shown = useMemo(() => found.slice(page * pageSize, (page + 1) * pageSize), [found, page]);

  useEffect(() => {
    const missing = shown.filter((name) => !sizes.has(name));
    if (missing.length === 0) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const measured = await measure(missing, abort.signal);
        setSizes((old) => new Map([...old, ...measured]));
        setFailure('');
      } catch (problem) {
        if (!abort.signal.aborted) setFailure(textOf(problem));
      }
    }, search ? patienceMs : 0);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [shown, sizes]);

  const start = async () => {
    setBusy(true);
    try {
      const all = await namesOfMetrics();
      setSizes(new Map());
      setNames(all);
      setFailure('');
    } catch (problem) {
      setFailure(textOf(problem));
    } finally {
      setBusy(false);
    }
  };
  const look = (text: string) => { setSearch(text); setPage(0); };
  return (
    <section class="card">
      <div class="card-head">
        <h2>Bytes by metric</h2><span class="muted">on disk</span>
        <button type="button" class="small-button card-tool" disabled={busy} onClick={() => void start()}>
          {names ? 'Measure again' : 'Measure'}</button>
      </div>
      {failure && <Notice kind="error">{failure}</Notice>}
      {names && <Search value={search} onChange={look} label="Search a metric" />}
      {names && found.length === 0 && <p class="muted">{search ? 'No metric has this in its name.' : 'Nothing yet.'}</p>}
      <Bars names={shown} sizes={sizes} />
      {found.length > pageSize && <Pager page={page} of={found.length} onPage={setPage} />}
    </section>
  );
}
