// Whether the server answers. While it does not, it is asked again every two seconds; once it is back, `epoch` grows and
// every view that shows live data loads anew.
import {Store} from '../store';

export interface Connection {
  state: 'up' | 'starting' | 'down';
  since: number;  // Date.now() of the last change.
}

export const connection = new Store<Connection>({state: 'up', since: Date.now()});
export const epoch = new Store(0);
// Server clock minus browser clock, in milliseconds; the header that tells it has seconds only.
export const clockSkewMs = new Store(0);

const heartbeatMs = 10_000;
const retryMs = 2_000;
let timer: ReturnType<typeof setTimeout> | undefined;

function change(state: Connection['state']): void {
  const before = connection.get();
  if (before.state === state) return;
  connection.set({state, since: Date.now()});
  if (state === 'up') epoch.set(epoch.get() + 1);
}

function schedule(delayMs: number): void {
  clearTimeout(timer);
  timer = setTimeout(beat, delayMs);
}

async function beat(): Promise<void> {
  if (document.hidden && connection.get().state === 'up') return schedule(heartbeatMs);
  try {
    const started = Date.now();
    const response = await fetch('-/ready', {cache: 'no-store', signal: AbortSignal.timeout(8_000)});
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isFinite(date)) clockSkewMs.set(Math.round((date + 500 - (started + Date.now()) / 2) / 1000) * 1000);
    change(response.ok ? 'up' : 'starting');
  } catch {
    change('down');
  }
  schedule(connection.get().state === 'up' ? heartbeatMs : retryMs);
}

export function startHeartbeat(): void {
  schedule(1_000);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) schedule(0);
  });
}

// A request found nobody: confirm it at once rather than with the next heartbeat.
export function suspect(): void {
  if (connection.get().state === 'up') schedule(0);
}
