// The server itself: build and runtime, storage, configuration, flags, Alertmanagers, running queries.
import type {ComponentType} from 'preact';
import {useLive} from '../api/live';
import {followLink, place} from '../router';
import {useStore} from '../store';
import {AlertmanagersView} from './status_alertmanagers';
import {ConfigView} from './status_config';
import {FlagsView} from './status_flags';
import {QueriesView} from './status_queries';
import {RuntimeView} from './status_runtime';
import {StorageView} from './status_storage';

const views: {path: string; title: string; View: ComponentType}[] = [
  {path: 'status', title: 'Runtime and build', View: RuntimeView},
  {path: 'tsdb-status', title: 'Storage', View: StorageView},
  {path: 'config', title: 'Configuration', View: ConfigView},
  {path: 'flags', title: 'Flags', View: FlagsView},
  {path: 'alertmanager-discovery', title: 'Alertmanagers', View: AlertmanagersView},
  {path: 'queries', title: 'Queries', View: QueriesView},
];

export function StatusPage() {
  const {page} = useStore(place);
  const queries = useLive<unknown>('query/active', {}, 0);
  const {View, title} = views.find((view) => view.path === page) ?? views[0];
  const offered = views.filter((view) => view.path !== 'queries' || (queries.answer && !queries.error));
  return (
    <div class="page status-page">
      <nav class="side" aria-label="Status pages">
        {offered.map((view) => (
          <a key={view.path} href={view.path} aria-current={view.path === page ? 'page' : undefined} onClick={followLink}>{view.title}</a>
        ))}
      </nav>
      <div class="side-content">
        <h1>{title}</h1>
        <View />
      </div>
    </div>
  );
}
