// Runs the query of a panel and keeps its last result.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {epoch} from '../api/connection';
import {type Answer, ApiError, post} from '../api/envelope';
import {parseRange} from '../api/points';
import type {ExemplarSeries, QueryData, RangeData} from '../api/types';
import {useStore} from '../store';
import {type PanelState, stepOf} from './state';

export interface Span {
  startMs: number;
  endMs: number;
  stepMs: number;
}

export type Outcome =
  | {kind: 'table'; answer: Answer<QueryData>; atMs: number}
  | {kind: 'graph'; answer: Answer<RangeData>; span: Span; exemplars: ExemplarSeries[]};

export interface Run {
  running: boolean;
  outcome?: Outcome;   // Of the present tab; the last good one.
  error?: ApiError;    // Of the last run.
  ranExpr?: string;    // What the outcome or the error belongs to.
  execute: () => void;
  cancel: () => void;
}

// Whole seconds: times that people read and copy have no fraction.
const nowMs = () => Math.floor(Date.now() / 1000) * 1000;

async function query(state: PanelState, expr: string, signal: AbortSignal): Promise<Outcome> {
  if (state.tab !== 'graph') {
    const atMs = state.endMs ?? nowMs();
    const answer = await post<QueryData>('query', {query: expr, time: String(atMs / 1000), stats: 'true'}, signal);
    return {kind: 'table', answer, atMs};
  }
  const stepMs = stepOf(state);
  const endMs = state.endMs ?? nowMs();
  const span = {startMs: endMs - state.rangeMs, endMs, stepMs};
  const between = {query: expr, start: String(span.startMs / 1000), end: String(endMs / 1000)};
  const exemplars = state.exemplars
    ? post<ExemplarSeries[]>('query_exemplars', between, signal).then(({data}) => data, () => []) : Promise.resolve([]);
  const answer = await post<RangeData>('query_range', {...between, step: String(stepMs / 1000), stats: 'true'}, signal, parseRange);
  return {kind: 'graph', answer, span, exemplars: await exemplars};
}

interface Shown {
  outcome?: Outcome;
  error?: ApiError;
  ranExpr?: string;
}

// `expr` is what was executed last, not what is being typed.
export function useRun(state: PanelState, expr: string, runs: number): Run {
  const [shown, show] = useState<Shown>({});
  const [running, setRunning] = useState(false);
  const abort = useRef<AbortController | undefined>(undefined);
  const recovered = useStore(epoch);
  const kind = state.tab === 'graph' ? 'graph' : 'table';

  const execute = useCallback(async () => {
    abort.current?.abort();
    if (!expr.trim() || state.tab === 'explain') {
      setRunning(false);
      if (!expr.trim()) show({});
      return;
    }
    const mine = new AbortController();
    abort.current = mine;
    setRunning(true);
    try {
      const outcome = await query(state, expr, mine.signal);
      if (!mine.signal.aborted) show({outcome, ranExpr: expr});
    } catch (problem) {
      if (mine.signal.aborted) return;
      const error = problem instanceof ApiError ? problem : new ApiError('internal', String(problem));
      show((old) => ({outcome: old.ranExpr === expr ? old.outcome : undefined, error, ranExpr: expr}));
    } finally {
      if (abort.current === mine) setRunning(false);
    }
  }, [expr, kind, state.tab, state.rangeMs, state.endMs, JSON.stringify(state.resolution), state.exemplars]);

  useEffect(() => {
    void execute();
  }, [execute, runs, recovered]);
  useEffect(() => () => abort.current?.abort(), []);

  const cancel = useCallback(() => {
    abort.current?.abort();
    setRunning(false);
  }, []);
  const outcome = shown.outcome?.kind === kind ? shown.outcome : undefined;
  return {running, outcome, error: shown.error, ranExpr: shown.ranExpr, execute: () => void execute(), cancel};
}
