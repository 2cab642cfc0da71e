// Queries that run now, each with a button that ends it, and those that cost most since the server started.
import {useState} from 'preact/hooks';
import {useAdmin} from '../api/admin';
import {ApiError, remove} from '../api/envelope';
import {useLive} from '../api/live';
import type {ActiveQueries, ActiveQuery, QueryOrigin, TopQuery} from '../api/types';
import {bytes, compact, integer, plural} from '../format/number';
import {formatDuration, formatTime, roughly, took} from '../format/time';
import {useNow} from '../parts/clock';
import {ExpressionLink} from '../parts/expression';
import {Empty, LoadError, Loading, Notice} from '../parts/notice';
import {parameter, place, setParameter} from '../router';
import {zone} from '../settings';
import {useStore} from '../store';

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

// Who asked: a rule group, a dashboard's panel, or the client's address.
function Origin({origin}: {origin: QueryOrigin}) {
  if (origin.rule) return <span title={origin.rule.file}>rule group {origin.rule.group} <span class="muted">{fileName(origin.rule.file)}</span></span>;
  const headers = Object.entries(origin.headers ?? {});
  const title = [origin.path && `${origin.method ?? ''} ${origin.path}`, ...headers.map(([name, value]) => `${name}: ${value}`)].filter(Boolean).join('\n');
  const find = (word: string) => headers.find(([name]) => name.toLowerCase() === word)?.[1];
  const dashboard = find('x-dashboard-title') ?? find('x-dashboard-uid');
  const panel = find('x-panel-title') ?? find('x-panel-id');
  return (
    <span title={title || undefined}>
      {dashboard ? <>dashboard {dashboard}{panel && <span class="muted"> panel {panel}</span>}</> : origin.client ?? <span class="muted">{origin.kind}</span>}
    </span>
  );
}

function Span({query}: {query: ActiveQuery}) {
  const clock = useStore(zone);
  const end = formatTime(Math.round(query.end) * 1000, clock);
  if (query.step === 0) return <span class="muted">at {end}</span>;
  return (
    <span class="muted">{formatDuration((query.end - query.start) * 1000)} until {end}, every {formatDuration(query.step * 1000)}</span>
  );
}

function ActiveRow({query, canCancel, busy, onCancel}: {query: ActiveQuery; canCancel: boolean; busy: boolean; onCancel: () => void}) {
  return (
    <tr>
      <td><span class={`badge ${query.state === 'running' ? 'up' : 'pending'}`}>{query.state}</span></td>
      <td><ExpressionLink text={query.query} tab={query.step === 0 ? 'table' : 'graph'} /><div class="small"><Span query={query} /></div></td>
      <td class="figure">{took(query.age_seconds)}</td>
      <td class="figure" title={`${integer(query.samples_read)} samples read, ${integer(query.samples)} held`}>{compact(query.samples_read)}</td>
      <td class="figure">{bytes(query.bytes)}</td>
      <td class="small"><Origin origin={query.origin} /></td>
      {canCancel && <td class="figure"><button type="button" class="small-button" disabled={busy} onClick={onCancel}>{busy ? 'Ending…' : 'Cancel'}</button></td>}
    </tr>
  );
}

function Running() {
  const {answer, error, reload} = useLive<ActiveQueries>('query/active', {}, 1_000);
  const canCancel = useAdmin();
  const [failure, setFailure] = useState('');
  const [ending, setEnding] = useState(new Set<string>());
  const cancel = async (id: string) => {
    setEnding((old) => new Set(old).add(id));
    try {
      await remove(`query/active/${encodeURIComponent(id)}`);
      setFailure('');
    } catch (problem) {
      // Over already is what was wanted.
      if (!(problem instanceof ApiError && problem.kind === 'not_found')) setFailure(problem instanceof ApiError ? problem.message : String(problem));
      setEnding((old) => new Set([...old].filter((one) => one !== id)));
    }
    reload();
  };
  if (error?.kind === 'missing') return <Empty title="This server does not list its queries." />;
  if (!answer) return error ? <LoadError error={error} /> : <Loading />;
  const {queries, max_concurrency: most, memory} = answer.data;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Running now</h2>
        <span class="muted">{integer(queries.length)} of at most {plural(most, 'query', 'queries')} at once · {bytes(memory.used_bytes)} of memory
          {memory.limit_bytes > 0 && ` of ${bytes(memory.limit_bytes)}`}</span>
      </div>
      <LoadError error={error} />
      {failure && <Notice kind="error">{failure}</Notice>}
      {queries.length === 0 && <p class="muted">No query is running.</p>}
      {queries.length > 0 && (
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Queries that run now">
          <table class="list-table">
            <thead><tr>
              <th>State</th><th>Expression</th><th class="figure">Age</th><th class="figure">Samples</th><th class="figure">Memory</th><th>From</th>
              {canCancel && <th><span class="visually-hidden">Action</span></th>}
            </tr></thead>
            <tbody>{queries.map((query) => <ActiveRow key={query.id} query={query} canCancel={canCancel === true} busy={ending.has(query.id)}
              onCancel={() => void cancel(query.id)} />)}</tbody>
          </table>
        </div>
      )}
      {canCancel === false && queries.length > 0 && (
        <p class="muted small">Queries can be cancelled from here when the server runs with <code>--web.enable-admin-api</code>.</p>)}
    </section>
  );
}

const orders = [['seconds', 'time in all'], ['max_seconds', 'longest run'], ['count', 'number of runs'], ['samples', 'samples'], ['peak_bytes', 'memory']] as const;

function TopRow({query}: {query: TopQuery}) {
  const now = useNow();
  const clock = useStore(zone);
  return (
    <tr>
      <td><ExpressionLink text={query.query} /><div class="small muted"><Origin origin={query.last_origin} />, <span
        title={formatTime(Math.round(query.last * 1000), clock)}>{roughly(now - query.last * 1000)} ago</span></div></td>
      <td class="figure">{integer(query.count)}{query.errors > 0 && <div class="small text-bad">{plural(query.errors, 'error')}</div>}</td>
      <td class="figure">{took(query.total_seconds)}</td>
      <td class="figure">{took(query.total_seconds / Math.max(1, query.count))}</td>
      <td class="figure">{took(query.max_seconds)}</td>
      <td class="figure" title={integer(query.samples)}>{compact(query.samples)}</td>
      <td class="figure">{bytes(query.max_peak_bytes)}</td>
    </tr>
  );
}

function Top() {
  useStore(place);
  const by = orders.find(([value]) => value === parameter('by'))?.[0] ?? 'seconds';
  const {answer, error} = useLive<{queries: TopQuery[]; capacity: number}>('query/top', {by, limit: '50'}, 5_000);
  if (error?.kind === 'missing') return null;
  if (!answer) return error ? <LoadError error={error} /> : <Loading />;
  const {queries} = answer.data;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Most expensive</h2><span class="muted">since the server started</span>
        <label class="muted card-tool">by <select value={by} onChange={(e) => setParameter('by', e.currentTarget.value)}>
          {orders.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select></label>
      </div>
      <LoadError error={error} />
      {queries.length === 0 ? <p class="muted">No query has run yet.</p> : (
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Most expensive queries">
          <table class="list-table">
            <thead><tr>
              <th>Expression</th><th class="figure">Runs</th><th class="figure">In all</th><th class="figure">Mean</th><th class="figure">Longest</th>
              <th class="figure">Samples</th><th class="figure">Memory</th>
            </tr></thead>
            <tbody>{queries.map((query) => <TopRow key={query.query} query={query} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export function QueriesView() {
  return <><Running /><Top /></>;
}
