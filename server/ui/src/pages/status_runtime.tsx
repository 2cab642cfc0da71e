import type {ComponentChildren} from 'preact';
import {useLive} from '../api/live';
import {formatTime, parseTime, roughly} from '../format/time';
import {useNow} from '../parts/clock';
import {LoadError, Loading} from '../parts/notice';
import {zone} from '../settings';
import {useStore} from '../store';

type Facts = Record<string, string | number | boolean>;

function Card({title, rows}: {title: string; rows: [string, ComponentChildren][]}) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <table class="facts-table"><tbody>{rows.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}</tbody></table>
    </section>
  );
}

const moreBuildRows: [string, string][] = [['Branch', 'branch'], ['Built by', 'buildUser'], ['Build date', 'buildDate'], ['Compiler', 'goVersion']];
const plainRows: [string, string][] = [['Host', 'hostname'], ['Working directory', 'CWD'], ['Retention', 'storageRetention'],
  ['Processors', 'GOMAXPROCS'], ['Corruptions found', 'corruptionCount']];

// The API's version is the one of Prometheus that clients may count on; ours stands in the revision.
function buildRows(build: Facts): [string, string][] {
  const revision = String(build.revision ?? '');
  const own = revision.match(/^vigia-(.*)$/);
  const first: [string, string][] = own
    ? [['Vigía', own[1]], ['Compatible with', `Prometheus ${build.version}`]]
    : [['Version', String(build.version)], ['Revision', revision]];
  return [...first, ...moreBuildRows.filter(([, key]) => build[key]).map(([name, key]): [string, string] => [name, String(build[key])])];
}

export function RuntimeView() {
  const build = useLive<Facts>('status/buildinfo', {}, 60_000);
  const runtime = useLive<Facts>('status/runtimeinfo', {}, 10_000);
  const now = useNow();
  const clock = useStore(zone);
  const facts = runtime.answer?.data;
  const time = (text: Facts[string] | undefined) => {
    const ms = parseTime(String(text ?? ''));
    return ms === undefined ? '–' : <>{formatTime(Math.floor(ms / 1000) * 1000, clock)} <span class="muted">({roughly(now - ms)} ago)</span></>;
  };
  const loaded = facts?.reloadConfigSuccess;
  return (
    <>
      <LoadError error={build.error ?? runtime.error} />
      {!facts && !runtime.error && <Loading />}
      <div class="card-grid">
        {facts && (
          <Card title="Runtime" rows={[
            ['Started', time(facts.startTime)],
            ['Configuration loaded', time(facts.lastConfigTime)],
            ['Last reload', <span class={`badge ${loaded ? 'up' : 'down'}`}>{loaded ? 'successful' : 'failed'}</span>],
            ...plainRows.filter(([, key]) => facts[key] !== undefined && facts[key] !== '')
              .map(([name, key]): [string, string] => [name, String(facts[key])]),
          ]} />
        )}
        {build.answer && (
          <Card title="Build" rows={buildRows(build.answer.data)} />
        )}
      </div>
    </>
  );
}
