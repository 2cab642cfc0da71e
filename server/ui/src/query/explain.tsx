// The expression as a tree; every part is evaluated by itself, so that one sees where series come from and get lost.
import {useEffect, useState} from 'preact/hooks';
import {ApiError, post} from '../api/envelope';
import type {QueryData} from '../api/types';
import {plural} from '../format/number';
import {took} from '../format/time';
import {Expression} from '../parts/expression';
import {Empty, Loading, Notice} from '../parts/notice';
import type {Part} from './parts_of';

interface Finding {
  text: string;
  tone: 'muted' | 'text-bad' | 'text-warn';
  seconds?: number;
}

function findingOf(data: QueryData, tookMs: number): Finding {
  const seconds = data.stats?.timings.execTotalTime ?? tookMs / 1000;
  if (data.resultType === 'scalar') return {text: `scalar ${data.result[1]}`, tone: 'muted', seconds};
  if (data.resultType === 'string') return {text: 'string', tone: 'muted', seconds};
  const {length} = data.result;
  return {text: plural(length, 'series', 'series'), tone: length === 0 ? 'text-warn' : 'muted', seconds};
}

function useFinding(expr: string, atMs: number | null): Finding | undefined {
  const [finding, setFinding] = useState<Finding>();
  useEffect(() => {
    const abort = new AbortController();
    setFinding(undefined);
    post<QueryData>('query', {query: expr, time: String((atMs ?? Date.now()) / 1000), stats: 'true'}, abort.signal).then(
      ({data, tookMs}) => setFinding(findingOf(data, tookMs)),
      (problem) => {
        if (!abort.signal.aborted) setFinding({text: problem instanceof ApiError ? problem.message : String(problem), tone: 'text-bad'});
      });
    return () => abort.abort();
  }, [expr, atMs]);
  return finding;
}

function Node({part, atMs}: {part: Part; atMs: number | null}) {
  const finding = useFinding(part.expr, atMs);
  return (
    <li>
      <div class="tree-node">
        <span class="badge">{part.kind}</span>
        <Expression text={part.expr} />
        <span class={`tree-finding ${finding?.tone ?? 'muted'}`} data-failed={finding?.tone === 'text-bad'}>
          {finding ? <>{finding.text}{finding.seconds !== undefined && <span class="muted"> · {took(finding.seconds)}</span>}</> : '…'}
        </span>
      </div>
      {part.parts.length > 0 && <ul>{part.parts.map((child, i) => <Node key={`${i} ${child.expr}`} part={child} atMs={atMs} />)}</ul>}
    </li>
  );
}

export function Explain({expr, atMs}: {expr: string; atMs: number | null}) {
  const [tree, setTree] = useState<{part?: Part; of: string}>();
  useEffect(() => {
    let gone = false;
    import('./parts_of').then(({partsOf}) => !gone && setTree({part: partsOf(expr), of: expr}), () => undefined);
    return () => {
      gone = true;
    };
  }, [expr]);
  if (!expr.trim()) return <Empty title="No expression yet." />;
  if (!tree || tree.of !== expr) return <Loading />;
  if (!tree.part) return <Notice kind="error">The expression cannot be read. The place is underlined above.</Notice>;
  return <ul class="tree" aria-label="Parts of the expression"><Node part={tree.part} atMs={atMs} /></ul>;
}
