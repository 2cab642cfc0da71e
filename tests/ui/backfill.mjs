// An hour of an imaginary shop, sent by remote write, so that graphs have something to show. Pure arithmetic: the pictures
// look alike each time.

// --- Protocol buffers and Snappy, as much of them as remote write 1.0 needs ---

function varint(value) {
  const out = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}

const field = (number, body) => Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);

// The NaN that ends a series.
const stale = Symbol('stale');

function sample([timeMs, value]) {
  const number = Buffer.alloc(8);
  if (value === stale) number.writeBigUInt64LE(0x7ff0000000000002n);
  else number.writeDoubleLE(value);
  return Buffer.concat([Buffer.from([(1 << 3) | 1]), number, Buffer.from([2 << 3]), varint(timeMs)]);
}

const double = (number, value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
};
const integer = (number, value) => Buffer.concat([varint(number << 3), varint(value)]);
const zigzag = (value) => BigInt(value) * (value < 0 ? -2n : 2n) - (value < 0 ? 1n : 0n);

// A native histogram of whole counts in consecutive buckets; `first` is the index of the lowest one.
function histogram([timeMs, {schema, first, counts, sum}]) {
  const deltas = counts.map((count, i) => zigzag(count - (i > 0 ? counts[i - 1] : 0)));
  return Buffer.concat([
    integer(1, counts.reduce((a, b) => a + b, 0)), double(3, sum), integer(4, zigzag(schema)), double(5, 1e-128),
    field(11, Buffer.concat([integer(1, zigzag(first)), integer(2, counts.length)])), field(12, Buffer.concat(deltas.map(varint))),
    integer(15, timeMs),
  ]);
}

const labelPairs = (labels) => Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, value]) => field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])));

const exemplar = ([timeMs, value, labels]) => Buffer.concat([...labelPairs(labels), double(2, value), integer(3, timeMs)]);

function timeSeries({labels, samples = [], histograms = [], exemplars = []}) {
  const pairs = labelPairs(labels);
  return Buffer.concat([...pairs, ...samples.map((one) => field(2, sample(one))),
    ...exemplars.map((one) => field(3, exemplar(one))), ...histograms.map((one) => field(4, histogram(one)))]);
}

// Literals only: valid, and not smaller.
function snappy(bytes) {
  const out = [varint(bytes.length)];
  for (let at = 0; at < bytes.length; at += 65_536) {
    const piece = bytes.subarray(at, at + 65_536);
    out.push(Buffer.from([61 << 2, (piece.length - 1) & 255, (piece.length - 1) >> 8]), piece);
  }
  return Buffer.concat(out);
}

// `series`: [{labels: {__name__: …}, samples: [[milliseconds, value], …]}, …]; the samples of each in order of time. A series
// of native histograms has `histograms` in their place, one with exemplars `exemplars`: [[milliseconds, value, labels], …].
export async function send(base, series) {
  const body = snappy(Buffer.concat(series.map((one) => field(1, timeSeries(one)))));
  const answer = await fetch(`${base}/api/v1/write`, {method: 'POST', body, headers: {
    'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0',
  }});
  if (!answer.ok) throw new Error(`remote write: ${answer.status} ${await answer.text()}`);
}

// --- The shop ---

const stepS = 15;
const routes = {'/products': 42, '/search': 27, '/cart': 14, '/checkout': 6, '/login': 3.5};
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, Infinity];

// Smooth, without a visible period, between 0 and 1.
const wave = (seconds, seed) => 0.5 + 0.22 * Math.sin(seconds / 410 + seed) + 0.16 * Math.sin(seconds / 173 + 2.1 * seed)
  + 0.08 * Math.sin(seconds / 61 + 3.7 * seed) + 0.04 * Math.sin(seconds / 17 + 5.3 * seed);
// Between minute 31 and 38 the shop has a bad time.
const trouble = (seconds) => Math.max(0, 1 - Math.abs(seconds - 2070) / 240);

// Counters grow by `rate` events a second.
function counter(times, startS, rate) {
  let sum = 0;
  return times.map((t) => {
    sum += rate(t - startS) * stepS;
    return [t * 1000, Math.round(sum)];
  });
}

// A request in a while with the identity of its trace.
const slowRequests = (times, startS) => times.filter((_, i) => i % 7 === 3).map((t, i) => [
  t * 1000 + 437, 0.06 + 0.2 * wave(t - startS, i) + 1.3 * trouble(t - startS), {trace_id: (0x5bd1e995 * (i + 1)).toString(16).padStart(16, '4bf92f35')},
]);

function latencies(times, startS) {
  return buckets.map((le) => ({
    labels: {__name__: 'http_request_duration_seconds_bucket', job: 'shop', instance: 'shop-1:8080', le: le === Infinity ? '+Inf' : String(le)},
    exemplars: le === Infinity ? slowRequests(times, startS) : [],
    samples: counter(times, startS, (s) => {
      const middle = Math.log(0.03 + 0.05 * wave(s, 4) + 0.5 * trouble(s));
      const share = 1 / (1 + Math.exp(-(Math.log(Math.min(le, 1e6)) - middle) * 2.2));
      return 92 * (0.6 + wave(s, 1)) * (le === Infinity ? 1 : share);
    }),
  }));
}

// The same latencies as a native histogram: buckets that double three times a power of ten, and more exactly.
function nativeLatencies(times, startS) {
  const first = -32;  // Of schema 2: bucket i ends at 2^(i/4), the lowest at 4 ms.
  const counts = new Array(45).fill(0);
  let sum = 0;
  const histograms = times.map((t) => {
    const s = t - startS;
    const middle = Math.log2(0.03 + 0.05 * wave(s, 4) + 0.5 * trouble(s));
    counts.forEach((_, i) => {
      const bound = (first + i) / 4;
      const share = 0.12 * Math.exp(-((bound - middle) ** 2) / (2 + 2 * wave(s, 9)));
      const added = Math.round(92 * stepS * (0.6 + wave(s, 1)) * share);
      counts[i] += added;
      sum += added * 2 ** bound;
    });
    return [t * 1000, {schema: 2, first, counts: [...counts], sum}];
  });
  return {labels: {__name__: 'rpc_duration_seconds', job: 'shop', instance: 'shop-1:8080'}, histograms};
}

// Written as often as the rules are evaluated.
function history(startS, endS, labels, fires) {
  const times = Array.from({length: endS - startS}, (_, i) => startS + i);
  const of = (state) => ({
    labels: {__name__: 'ALERTS', alertstate: state, ...labels},
    samples: times.flatMap((t) => (fires(t - startS) === state ? [[t * 1000, 1]] : fires(t - startS - 1) === state ? [[t * 1000, stale]] : [])),
  });
  return [of('pending'), of('firing')].filter((one) => one.samples.length > 0);
}

export async function backfill(base) {
  const nowS = Math.floor(Date.now() / 1000);
  const startS = nowS - 3600 + 120;  // What is older than an hour may be refused.
  const endS = nowS + 480;           // And more than ten minutes ahead. Graphs that end now do not break off.
  const times = Array.from({length: Math.floor((endS - startS) / stepS)}, (_, i) => startS + i * stepS);
  const series = [];
  Object.entries(routes).forEach(([route, mean], i) => {
    const rate = (s) => mean * (0.55 + 0.9 * wave(s, i));
    const failing = (s) => 0.002 + (route === '/checkout' || route === '/cart' ? 0.35 : 0.03) * trouble(s);
    const labels = {__name__: 'http_requests_total', job: 'shop', instance: 'shop-1:8080', route};
    series.push({labels: {...labels, code: '200'}, samples: counter(times, startS, (s) => rate(s) * (1 - failing(s)))});
    series.push({labels: {...labels, code: '500'}, samples: counter(times, startS, (s) => rate(s) * failing(s))});
  });
  series.push(...latencies(times, startS), nativeLatencies(times, startS));
  ['eu-west', 'eu-south', 'us-east'].forEach((region, i) => series.push({
    labels: {__name__: 'shop_stock_queue_length', job: 'shop', region},
    samples: times.map((t) => [t * 1000, Math.round(40 * wave(t - startS, 7 + i) + 120 * trouble(t - startS) * (i === 1 ? 1 : 0.3))]),
  }));
  const during = (from, pending, to) => (s) => (s > from + pending && s < to ? 'firing' : s > from && s < to ? 'pending' : 'none');
  const alert = {alertname: 'TargetDown', severity: 'critical'};
  series.push(...history(startS, nowS, {...alert, instance: 'shop-1:8080', job: 'shop'}, during(1900, 60, 2300)));
  series.push(...history(startS, nowS, {...alert, instance: 'shop-2:8080', job: 'shop'}, during(1960, 60, 2540)));
  series.push(...history(startS, nowS, {...alert, instance: 'db-1:9187', job: 'postgres'},
    (s) => (s > 700 && s < 760 ? 'pending' : during(2000, 60, 2180)(s))));
  await send(base, series);
}
