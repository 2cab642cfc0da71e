// The plan of the expression as a tree, first as the server would run it, then with what each part of it cost.
import {useEffect, useMemo, useState} from 'preact/hooks';
import {epoch} from '../api/connection';
import {ApiError, post} from '../api/envelope';
import type {ExplainNode} from '../api/types';
import {bytes, compact, integer, plural} from '../format/number';
import {took} from '../format/time';
import {Segments} from '../parts/choice';
import {Expression} from '../parts/expression';
import {Empty, Loading, Notice} from '../parts/notice';
import {useStore} from '../store';
import {RangeControl, TimeControl} from './controls';
import {type PanelState, stepOf} from './state';

const names: Record<string, string> = {
  select: 'select', range_select: 'range', step_invariant: 'once', aggregate: 'aggregate', arithmetic: 'arithmetic', join: 'join', set: 'set',
  function: 'function', subquery: 'subquery', negate: 'negate', number: 'number', string: 'string',
};

interface Explanation {
  node?: ExplainNode;   // With figures once the query has run.
  error?: ApiError;
  running: boolean;
  of: string;           // The expression that `node` belongs to.
}

interface Asked {
  expr: string;
  over: Over;
  state: PanelState;
}

type Over = 'moment' | 'range';

function parametersOf({expr, over, state}: Asked): [path: string, parameters: Record<string, string>] {
  const endMs = state.endMs ?? Date.now();
  if (over === 'moment') return ['query', {query: expr, time: String(endMs / 1000)}];
  return ['query_range', {
    query: expr, start: String((endMs - state.rangeMs) / 1000), end: String(endMs / 1000), step: String(stepOf(state) / 1000),
  }];
}

function useExplanation(asked: Asked, runs: number): Explanation {
  const {expr, over, state} = asked;
  const [shown, show] = useState<Explanation>({running: true, of: expr});
  const recovered = useStore(epoch);
  useEffect(() => {
    if (!expr.trim()) return undefined;
    const abort = new AbortController();
    const [path, parameters] = parametersOf(asked);
    const ask = async (explain: 'plan' | 'analyze') => (await post<{explain?: ExplainNode}>(path, {...parameters, explain}, abort.signal)).data.explain;
    const run = async () => {
      show((old) => ({...old, error: undefined, running: true}));
      try {
        const plan = await ask('plan');
        if (!plan) throw new ApiError('missing', 'This server does not explain queries.');
        show((old) => (old.of === expr && old.node ? old : {node: plan, running: true, of: expr}));
        const node = await ask('analyze');
        show({node, running: false, of: expr});
      } catch (problem) {
        if (abort.signal.aborted) return;
        const error = problem instanceof ApiError ? problem : new ApiError('internal', String(problem));
        show((old) => ({node: old.of === expr ? old.node : undefined, error, running: false, of: expr}));
      }
    };
    void run();
    return () => abort.abort();
  }, [expr, over, state.endMs, over === 'range' && state.rangeMs, over === 'range' && stepOf(state), runs, recovered]);
  return shown;
}

// What a node stands for, in the words of the expression. The server counts in bytes of UTF-8.
function useTextOf(expr: string): (node: ExplainNode) => string {
  return useMemo(() => {
    const encoded = new TextEncoder().encode(expr);
    const decoder = new TextDecoder();
    return (node) => decoder.decode(encoded.subarray(node.start, node.end));
  }, [expr]);
}

function Figures({node, whole}: {node: ExplainNode; whole: number}) {
  if (node.series === undefined) return <span class="plan-figures muted" />;
  const self = node.self_seconds ?? 0;
  const title = `${took(self)} in this part, ${took(node.total_seconds ?? 0)} with the parts below it`;
  return (
    <span class="plan-figures">
      <span class={`figure ${node.series === 0 ? 'text-warn' : ''}`} data-label="series" title={plural(node.series, 'series', 'series')}>{integer(node.series)}</span>
      <span class="figure" data-label="samples" title={`${plural(node.samples ?? 0, 'sample')} in ${plural(node.steps, 'step')}`}>{compact(node.samples ?? 0)}</span>
      <span class="figure" data-label="read" title={`${plural(node.samples_read ?? 0, 'sample')} from storage`}>{node.samples_read ? compact(node.samples_read) : '–'}</span>
      <span class="figure" title="Most memory that this part and those below it kept">{bytes(node.held_bytes ?? 0)}</span>
      <span class="figure plan-time" title={title}>
        <span class="plan-bar" style={{width: `${whole > 0 ? Math.min(100, (100 * self) / whole) : 0}%`}} /><span>{took(self)}</span>
      </span>
    </span>
  );
}

function Node({node, whole, textOf}: {node: ExplainNode; whole: number; textOf: (node: ExplainNode) => string}) {
  return (
    <li>
      <div class="tree-node">
        <span class="plan-what">
          <span class="badge">{names[node.operator] ?? node.operator}</span>
          <span title={textOf(node)}><Expression text={node.detail ?? textOf(node)} /></span>
          {node.cache && <span class="badge" title="Whether the result cache had this part">cache {node.cache}</span>}
        </span>
        <Figures node={node} whole={whole} />
      </div>
      {node.children.length > 0 && <ul>{node.children.map((child, i) => <Node key={i} node={child} whole={whole} textOf={textOf} />)}</ul>}
    </li>
  );
}

function Plan({node, expr}: {node: ExplainNode; expr: string}) {
  const textOf = useTextOf(expr);
  return (
    <div class="plan">
      <div class="tree-node head">
        <span class="plan-what">Part of the expression</span>
        <span class="plan-figures">
          <span class="figure">Series</span><span class="figure">Samples</span><span class="figure">Read</span><span class="figure">Memory</span>
          <span class="figure">Time</span>
        </span>
      </div>
      <ul class="tree" aria-label="Parts of the expression"><Node node={node} whole={node.total_seconds ?? 0} textOf={textOf} /></ul>
    </div>
  );
}

const overs: {value: Over; text: string; title: string}[] = [
  {value: 'moment', text: 'One moment', title: 'As the table is computed'},
  {value: 'range', text: 'Whole range', title: 'As the graph is computed'},
];

interface Props {
  state: PanelState;
  runs: number;
  onChange: (part: Partial<PanelState>) => void;
  onError: (error: ApiError | undefined) => void;  // For the editor, which shows where it is.
}

export function Explain({state, runs, onChange, onError}: Props) {
  const [over, setOver] = useState<Over>('moment');
  const {expr} = state;
  const {node, error, running, of} = useExplanation({expr, over, state}, runs);
  useEffect(() => {
    onError(error);
    return () => onError(undefined);
  }, [error]);
  if (!expr.trim()) return <Empty title="No expression yet." />;
  return (
    <>
      <div class="controls">
        <Segments label="What is explained" options={overs} value={over} onChange={setOver} />
        {over === 'range' && <RangeControl state={state} onChange={onChange} />}
        <TimeControl label={over === 'range' ? 'End time' : 'Evaluation time'} state={state} onChange={onChange} />
        {running && node && <span class="spinner" role="status" aria-label="The query runs" />}
      </div>
      {error && error.kind !== 'unreachable' && (
        error.kind === 'missing' ? <Empty title={error.message} /> : <Notice kind="error">{error.message}</Notice>)}
      {node && of === expr ? <Plan node={node} expr={expr} /> : running && <Loading />}
    </>
  );
}
