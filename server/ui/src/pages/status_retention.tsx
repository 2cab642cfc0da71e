// How long what is kept: retention policies with what they hold, and a try of others. The server measures when asked, for it
// looks at every series.
import {useState} from 'preact/hooks';
import {ApiError, get} from '../api/envelope';
import {useLive} from '../api/live';
import type {Policy, Retention} from '../api/types';
import {bytes, integer} from '../format/number';
import {Expression} from '../parts/expression';
import {LoadError, Notice} from '../parts/notice';
import {BytesByMetric} from './status_metrics';

function Row({policy}: {policy: Policy}) {
  return (
    <tr>
      <td>{policy.match ? <Expression text={policy.match} /> : 'everything else'}</td>
      <td class="figure">{policy.time || 'for ever'}</td>
      <td class="figure">{integer(policy.series)}</td>
      <td class="figure">{bytes(policy.bytes)}</td>
      <td class="figure">{policy.expiredBytes > 0 ? bytes(policy.expiredBytes) : '–'}</td>
    </tr>
  );
}

function Policies({retention, caption}: {retention: Retention; caption: string}) {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={caption}>
      <table class="list-table">
        <thead><tr>
          <th>Series</th><th class="figure">Kept</th><th class="figure">Number</th><th class="figure">Bytes</th><th class="figure">Too old</th>
        </tr></thead>
        <tbody>{[...retention.policies, retention.rest].map((policy, i) => <Row key={i} policy={policy} />)}</tbody>
      </table>
    </div>
  );
}

// One policy a line, as the API takes them: a duration, a space, a selector.
function Try() {
  const [text, setText] = useState('');
  const [tried, setTried] = useState<Retention>();
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const measure = async () => {
    setBusy(true);
    try {
      setTried((await get<Retention>('status/retention', {policy: lines})).data);
      setFailure('');
    } catch (problem) {
      setTried(undefined);
      setFailure(problem instanceof ApiError ? problem.message : String(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <details class="more">
      <summary>Try other policies</summary>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void measure(); }}>
        <label class="field wide"><span>One a line; the first that fits counts. Nothing is changed.</span>
          <textarea rows={3} value={text} spellcheck={false} placeholder={'30d {job="node"}\n2d {__name__=~"debug_.*"}'}
            onInput={(event) => setText(event.currentTarget.value)} /></label>
        <div class="form-actions"><button type="submit" disabled={busy || lines.length === 0}>{busy && <span class="spinner" />}Measure</button></div>
      </form>
      {failure && <Notice kind="error">{failure}</Notice>}
      {tried && <Policies retention={tried} caption="What the tried policies would hold" />}
    </details>
  );
}

// Nothing where the server has no such figures.
export function StorageRetention() {
  const {answer, error} = useLive<Retention>('status/retention', {}, 0);
  if (error?.kind === 'missing' || (!answer && !error)) return null;
  return (
    <div class="card-grid">
      <section class="card">
        <div class="card-head"><h2>Retention</h2><span class="muted">how long what is kept, and what it takes on disk</span></div>
        <LoadError error={error} />
        {answer && <Policies retention={answer.data} caption="Retention policies" />}
        {answer && <Try />}
      </section>
      <BytesByMetric />
    </div>
  );
}
