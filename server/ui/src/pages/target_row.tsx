// One target, and the heading of its pool.
import type {Target} from '../api/types';
import {ago, formatTime, parseTime, took} from '../format/time';
import {useNow} from '../parts/clock';
import {Icon} from '../parts/icons';
import {Labels} from '../parts/labels';
import {zone} from '../settings';
import {useStore} from '../store';
import {Relabelling} from './relabelling';

export interface Pool {
  name: string;
  up: number;
  targets: Target[];
}

export function PoolHeader({pool, shown, closed, onToggle}: {pool: Pool; shown: number; closed: boolean; onToggle: () => void}) {
  const {length} = pool.targets;
  const tone = pool.up === length ? 'good' : pool.up === 0 ? 'bad' : 'warn';
  return (
    <div class="pool-head" role="listitem">
      <button type="button" class="disclosure" aria-expanded={!closed} onClick={onToggle}>
        <Icon name={closed ? 'right' : 'down'} /><h2>{pool.name}</h2>
      </button>
      <span class="share" aria-hidden="true"><span class={tone} style={{width: `${(100 * pool.up) / length}%`}} /></span>
      <span class={`text-${tone}`}>{pool.up.toLocaleString('en-US')} / {length.toLocaleString('en-US')} up</span>
      {shown < length && <span class="muted">{shown.toLocaleString('en-US')} shown</span>}
    </div>
  );
}

const pathOf = (url: string) => url.replace(/^https?:\/\//, '');

export function TargetRow({target, open, onToggle}: {target: Target; open: boolean; onToggle: () => void}) {
  const now = useNow();
  const clock = useStore(zone);
  const last = parseTime(target.lastScrape);
  return (
    <div class={`target-row ${target.health}`} role="listitem">
      <div class="target-line">
        <button type="button" class="disclosure" aria-expanded={open} aria-label={`Details of ${pathOf(target.scrapeUrl)}`} onClick={onToggle}>
          <Icon name={open ? 'down' : 'right'} />
        </button>
        <span class={`badge ${target.health}`}>{target.health}</span>
        <div class="target-what">
          <a class="mono" href={target.globalUrl} title={target.scrapeUrl} rel="noreferrer">{pathOf(target.scrapeUrl)}</a>
          <Labels labels={target.labels} />
        </div>
        <span class="figure" title={last === undefined ? 'never scraped' : formatTime(last, clock)}>{ago(target.lastScrape, now)}</span>
        <span class="figure" title={`Duration of the last scrape; interval ${target.scrapeInterval}, timeout ${target.scrapeTimeout}`}>
          {took(target.lastScrapeDuration)}
        </span>
      </div>
      {target.lastError && <div class="target-error">{target.lastError}</div>}
      {open && (
        <div class="target-details">
          <p class="muted">
            Every {target.scrapeInterval}, at most {target.scrapeTimeout} each. Address: <span class="mono">{target.scrapeUrl}</span>
          </p>
          <Relabelling pool={target.scrapePool} discovered={target.discoveredLabels} result={target.labels} />
        </div>
      )}
    </div>
  );
}
