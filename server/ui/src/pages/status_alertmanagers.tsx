import {useLive} from '../api/live';
import {Empty, LoadError, Loading} from '../parts/notice';

interface Alertmanagers {
  activeAlertmanagers: {url: string}[];
  droppedAlertmanagers: {url: string}[];
}

function List({title, urls}: {title: string; urls: string[]}) {
  if (urls.length === 0) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      <ul class="plain mono">{urls.map((url) => <li key={url}><a href={new URL(url).origin} rel="noreferrer">{url}</a></li>)}</ul>
    </section>
  );
}

export function AlertmanagersView() {
  const {answer, error} = useLive<Alertmanagers>('alertmanagers', {}, 10_000);
  const active = (answer?.data.activeAlertmanagers ?? []).map(({url}) => url);
  const dropped = (answer?.data.droppedAlertmanagers ?? []).map(({url}) => url);
  return (
    <>
      <LoadError error={error} />
      {!answer && !error && <Loading />}
      {answer && active.length + dropped.length === 0 && (
        <Empty title="Alerts go nowhere.">Name an Alertmanager below <code>alerting</code> of the configuration.</Empty>)}
      <List title="Active" urls={active} />
      <List title="Dropped" urls={dropped} />
    </>
  );
}
