// Numbers for people.

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const small = ['', 'm', 'µ', 'n', 'p'];

// Three significant digits with an SI prefix: 1234567 -> "1.23M", 0.0042 -> "4.2m".
export function compact(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', 'Inf');
  if (value === 0) return '0';
  const size = Math.abs(value);
  const exponent = Math.floor(Math.log10(size) / 3 + 1e-9);
  if (exponent >= prefixes.length || -exponent >= small.length) return value.toExponential(2);
  const unit = exponent >= 0 ? prefixes[exponent] : small[-exponent];
  return `${Number((value / 1000 ** exponent).toPrecision(3))}${unit}`;
}

// The same for the bounds of buckets, of which those around one are read faster as plain decimals: 0.00391, 0.105, 6.73.
export function bound(value: number): string {
  const size = Math.abs(value);
  return size >= 0.001 && size < 1000 ? String(Number(value.toPrecision(3))) : compact(value);
}

// A value of a graph with enough digits to compare: up to six significant ones.
export function precise(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (!Number.isFinite(value)) return String(value).replace('Infinity', 'Inf');
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size >= 1e12 || size < 1e-6) return value.toExponential(4);
  return Number(value.toPrecision(6)).toLocaleString('en-US', {maximumFractionDigits: 12});
}

export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < prefixes.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))} ${prefixes[unit]}B`;
}

// The number behind a value of the API: "NaN", "+Inf", "-Inf" or decimal.
export function parseValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}
