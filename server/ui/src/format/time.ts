// Times and durations for people, and durations as PromQL writes them.
import type {Zone} from '../settings';

const units: [string, number][] = [
  ['y', 365 * 86_400_000], ['w', 7 * 86_400_000], ['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1_000], ['ms', 1],
];

// "1h30m" -> milliseconds; a bare number is seconds. Nothing if it is neither.
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  const match = trimmed.match(/^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/);
  if (!match || trimmed === '') return undefined;
  return units.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
}

// Milliseconds -> "1h30m", as Prometheus prints it: years and weeks only when they divide exactly.
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.round(ms);
  let out = '';
  for (const [unit, size] of units) {
    if ((unit === 'y' || unit === 'w') && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    out += `${count}${unit}`;
    rest -= count * size;
  }
  return out;
}

// A measured time: "840 µs", "12.3 ms", "1.24 s".
export function took(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${Number((seconds * 1e6).toPrecision(3))} µs`;
  if (seconds < 1) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  return roughly(seconds * 1000);
}

// The two largest units: "3d 4h", "5m 12s".
export function roughly(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(ms / 1000)) * 1000;
  for (const [unit, size] of units.filter(([name]) => name !== 'w' && name !== 'ms')) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0s';
}

// Zero times of the API ("0001-01-01…") mean never.
export function parseTime(text: string | undefined): number | undefined {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

export function ago(text: string | undefined, now: number): string {
  const ms = parseTime(text);
  if (ms === undefined) return 'never';
  const gap = now - ms;
  return gap < 1000 ? 'just now' : `${roughly(gap)} ago`;
}

const two = (n: number) => String(n).padStart(2, '0');

function fields(ms: number, zone: Zone): number[] {
  const d = new Date(ms);
  return zone === 'UTC'
    ? [d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds()]
    : [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()];
}

// "2026-01-31 12:00:00", with milliseconds only if there are any.
export function formatTime(ms: number, zone: Zone): string {
  const [y, mo, d, h, mi, s, milli] = fields(ms, zone);
  const fraction = milli ? `.${String(milli).padStart(3, '0')}` : '';
  return `${y}-${two(mo)}-${two(d)} ${two(h)}:${two(mi)}:${two(s)}${fraction}`;
}

// What formatTime writes, also with fewer fields ("2026-01-31", "2026-01-31T12:00"). Nothing if it is no time.
export function parseTimeInput(text: string, zone: Zone): number | undefined {
  const match = text.trim().match(/^(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z)?$/);
  if (!match) return undefined;
  const [y, mo, d, h, mi, s] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const milli = Number((match[7] ?? '0').padEnd(3, '0'));
  const ms = zone === 'UTC' || match[8]
    ? Date.UTC(y, mo - 1, d, h, mi, s, milli)
    : new Date(y, mo - 1, d, h, mi, s, milli).getTime();
  return Number.isFinite(ms) ? ms : undefined;
}
