// One request to the HTTP API and its envelope.
import {suspect} from './connection';

export interface Answer<T> {
  data: T;
  warnings: string[];
  infos: string[];
  bytes: number;   // Of the body, decompressed.
  tookMs: number;  // From the request to the parsed answer.
}

// `kind`: the API's errorType; "unreachable" when nobody answered or something that is not the API did; "missing" when the
// server does not have this endpoint.
export class ApiError extends Error {
  constructor(readonly kind: string, message: string) {
    super(message);
  }
}

export type Parameters = Record<string, string | string[] | undefined>;

function encode(parameters: Parameters): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) for (const one of value) out.append(name, one);
    else if (value !== undefined) out.append(name, value);
  }
  return out;
}

interface Envelope<T> {
  status: string;
  data?: T;
  error?: string;
  errorType?: string;
  warnings?: string[];
  infos?: string[];
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`api/v1/${path}`, {cache: 'no-store', ...init});
  } catch (error) {
    if (init.signal?.aborted) throw error;
    suspect();
    throw new ApiError('unreachable', 'The server does not answer.');
  }
}

async function read<T>(response: Response, started: number, parse: (text: string) => unknown = JSON.parse): Promise<Answer<T>> {
  const text = await response.text();
  if (response.status === 204) return {data: undefined as T, warnings: [], infos: [], bytes: 0, tookMs: performance.now() - started};
  let envelope: Envelope<T>;
  try {
    envelope = parse(text) as Envelope<T>;
  } catch {
    if (response.status === 404 || response.status === 405) throw new ApiError('missing', 'The server does not offer this.');
    if (response.status >= 500) suspect();
    throw new ApiError('unreachable', `The server answered ${response.status} ${response.statusText}`.trim());
  }
  if (envelope.status !== 'success') throw new ApiError(envelope.errorType ?? 'internal', envelope.error ?? 'Unknown error');
  return {
    data: envelope.data as T, warnings: envelope.warnings ?? [], infos: envelope.infos ?? [],
    bytes: text.length, tookMs: performance.now() - started,
  };
}

export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const started = performance.now();
  const query = encode(parameters).toString();
  return read<T>(await request(query ? `${path}?${query}` : path, {signal}), started);
}

// For expressions, which may be longer than an address can be.
export async function post<T>(path: string, parameters: Parameters, signal?: AbortSignal, parse?: (text: string) => unknown): Promise<Answer<T>> {
  const started = performance.now();
  return read<T>(await request(path, {method: 'POST', body: encode(parameters), signal}), started, parse);
}

export async function remove(path: string): Promise<Answer<void>> {
  const started = performance.now();
  return read<void>(await request(path, {method: 'DELETE'}), started);
}
