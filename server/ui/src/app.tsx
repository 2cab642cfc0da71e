// The frame around every page: navigation, the banner of a server that is away, theme and time zone.
import type {ComponentType} from 'preact';
import {useEffect} from 'preact/hooks';
import {clockSkewMs, connection} from './api/connection';
import {roughly} from './format/time';
import {useNow} from './parts/clock';
import {Icon} from './parts/icons';
import {Notice} from './parts/notice';
import {Notifications} from './parts/notifications';
import {AlertsPage} from './pages/alerts';
import {DiscoveryPage} from './pages/discovery';
import {RulesPage} from './pages/rules';
import {StatusPage} from './pages/status';
import {TargetsPage} from './pages/targets';
import {QueryPage} from './query/page';
import {followLink, place} from './router';
import {theme, type Theme, zone} from './settings';
import {useStore} from './store';

interface Page {
  path: string;
  title: string;
  Component: ComponentType;
  under?: string;  // The entry of the navigation that is marked.
}

const pages: Page[] = [
  {path: 'query', title: 'Query', Component: QueryPage},
  {path: 'alerts', title: 'Alerts', Component: AlertsPage},
  {path: 'rules', title: 'Rules', Component: RulesPage},
  {path: 'targets', title: 'Targets', Component: TargetsPage},
  {path: 'service-discovery', title: 'Discovery', Component: DiscoveryPage},
  {path: 'status', title: 'Status', Component: StatusPage},
  {path: 'tsdb-status', title: 'Storage', under: 'status', Component: StatusPage},
  {path: 'config', title: 'Configuration', under: 'status', Component: StatusPage},
  {path: 'flags', title: 'Flags', under: 'status', Component: StatusPage},
  {path: 'alertmanager-discovery', title: 'Alertmanagers', under: 'status', Component: StatusPage},
  {path: 'queries', title: 'Queries', under: 'status', Component: StatusPage},
];

const nextTheme: Record<Theme, Theme> = {auto: 'light', light: 'dark', dark: 'auto'};
const themeIcon = {auto: 'auto', light: 'sun', dark: 'moon'} as const;

function Header({marked}: {marked: string}) {
  const chosen = useStore(theme);
  const clock = useStore(zone);
  return (
    <header class="top">
      <a class="brand" href="query" onClick={followLink}>
        <img src="favicon.svg" alt="" width="24" height="24" /><span>Vigía</span>
      </a>
      <nav aria-label="Pages">
        {pages.filter((page) => !page.under).map((page) => (
          <a key={page.path} href={page.path} aria-current={page.path === marked ? 'page' : undefined} onClick={followLink}>{page.title}</a>
        ))}
      </nav>
      <div class="top-tools">
        <Notifications />
        <button type="button" class="quiet zone" title="Time zone of all times on this page" onClick={() => zone.set(clock === 'UTC' ? 'local' : 'UTC')}>
          {clock === 'UTC' ? 'UTC' : 'Local'}<span class="visually-hidden"> time, change time zone</span>
        </button>
        <button type="button" class="quiet" title={`Theme: ${chosen}`} aria-label={`Theme: ${chosen}, change`} onClick={() => theme.set(nextTheme[chosen])}>
          <Icon name={themeIcon[chosen]} />
        </button>
      </div>
    </header>
  );
}

function Away() {
  const {state, since} = useStore(connection);
  const now = useNow();
  const gone = now - since < 5000 ? '' : ` for ${roughly(now - since)}`;
  return (
    <div class="banner" role="alert">
      <span class="spinner" />
      {state === 'down' ? `The server has not answered${gone}. ` : `The server is starting${gone}. `}
      What you see is from before; it goes on by itself.
    </div>
  );
}

function ClockSkew() {
  const skew = useStore(clockSkewMs);
  if (Math.abs(skew) < 30_000) return null;
  return (
    <Notice kind="warning">
      This computer's clock is {roughly(Math.abs(skew))} {skew > 0 ? 'behind' : 'ahead of'} the server's. Graphs that end "now" are off by as much.
    </Notice>
  );
}

export function App() {
  const {page: path} = useStore(place);
  const {state} = useStore(connection);
  const page = pages.find((one) => one.path === path) ?? pages[0];
  useEffect(() => {
    document.title = `${page.title} · Vigía`;
  }, [page]);

  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to content</a>
      <Header marked={page.under ?? page.path} />
      {state !== 'up' && <Away />}
      <main id="main" tabIndex={-1}>
        <ClockSkew />
        <page.Component />
      </main>
    </>
  );
}
