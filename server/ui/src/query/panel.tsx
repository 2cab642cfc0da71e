// One panel: expression, tabs, controls, result.
import {useEffect, useRef, useState} from 'preact/hooks';
import {ApiError, post} from '../api/envelope';
import {bytes, integer, plural} from '../format/number';
import {took} from '../format/time';
import {Copy} from '../parts/copy';
import {Icon} from '../parts/icons';
import {Empty, Notice} from '../parts/notice';
import {TabPanel, Tabs} from '../parts/tabs';
import {refreshSeconds} from '../settings';
import {useStore} from '../store';
import {GraphControls, TimeControl} from './controls';
import {type EditorHandle, ExpressionField} from './editor';
import {Explain} from './explain';
import {Explorer} from './explorer';
import {Graph} from './graph';
import {HistoryMenu} from './history_menu';
import {remember} from './history';
import {type Outcome, useRun} from './run';
import {encode, type PanelState, type Tab} from './state';
import {ResultTable} from './table';

const tabs: {value: Tab; text: string}[] = [
  {value: 'table', text: 'Table'}, {value: 'graph', text: 'Graph'}, {value: 'explain', text: 'Explain'},
];

// What the query cost: series, samples, time, bytes.
function Cost({outcome}: {outcome: Outcome}) {
  const {answer} = outcome;
  const {data} = answer;
  const series = Array.isArray(data.result) && (data.resultType === 'vector' || data.resultType === 'matrix') ? data.result.length : 1;
  const {stats} = data;
  const title = stats && [
    `execution ${took(stats.timings.execTotalTime)}`, `of it in the queue ${took(stats.timings.execQueueTime)}`,
    `samples looked at ${integer(stats.samples.totalQueryableSamples)}`,
    stats.samples.samplesRead === undefined ? '' : `samples read ${integer(stats.samples.samplesRead)}`,
    `samples in memory at most ${integer(stats.samples.peakSamples)}`,
  ].filter(Boolean).join('\n');
  return (
    <span class="cost" title={title} aria-label="Cost of the query">
      <span>{plural(series, 'series', 'series')}</span>
      {stats && <span>{plural(stats.samples.totalQueryableSamples, 'sample')}</span>}
      <span>{took((stats?.timings.execTotalTime ?? answer.tookMs / 1000))}</span>
      <span>{bytes(answer.bytes)}</span>
    </span>
  );
}

function Remarks({outcome}: {outcome: Outcome}) {
  const {warnings, infos} = outcome.answer;
  return (
    <>
      {warnings.map((text) => <Notice key={text} kind="warning">{text}</Notice>)}
      {infos.map((text) => <Notice key={text} kind="info">{text}</Notice>)}
    </>
  );
}

interface Props {
  number: number;
  state: PanelState;
  autofocus: boolean;
  onChange: (part: Partial<PanelState>) => void;
  onRemove?: () => void;
}

export function Panel({number, state, autofocus, onChange, onRemove}: Props) {
  const [draft, setDraft] = useState(state.expr);
  const [runs, setRuns] = useState(0);
  const [exploring, setExploring] = useState(false);
  const [formatError, setFormatError] = useState<string>();
  const [explainError, setExplainError] = useState<ApiError>();
  const editor = useRef<EditorHandle>(null);
  const run = useRun(state, state.expr, runs);
  const every = useStore(refreshSeconds);
  const id = `panel-${state.id}`;

  const write = (text: string) => {
    setDraft(text);
    setFormatError(undefined);
    editor.current?.replace(text);
  };
  const executed = useRef(state.expr);
  useEffect(() => {
    if (state.expr !== executed.current) write(state.expr);
    executed.current = state.expr;
  }, [state.expr]);
  useEffect(() => {
    if (every === 0 || state.endMs !== null) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden && !run.running) setRuns((n) => n + 1);
    }, every * 1000);
    return () => clearInterval(timer);
  }, [every, state.endMs, run.running]);

  const execute = (expr = draft) => {
    remember(expr);
    executed.current = expr;
    if (expr !== state.expr) onChange({expr});
    else setRuns((n) => n + 1);
  };
  const format = async () => {
    try {
      const {data} = await post<string>('format_query', {query: draft});
      write(data);
    } catch (problem) {
      setFormatError(problem instanceof ApiError ? problem.message : String(problem));
    }
  };
  const error = run.error ?? (formatError === undefined ? undefined : new ApiError('bad_data', formatError));
  const stale = run.ranExpr !== state.expr;
  const ran = state.tab === 'explain' ? state.expr : run.ranExpr;
  const misplaced = state.tab === 'explain' ? explainError ?? error : error;

  return (
    <section class="panel card" aria-label={`Panel ${number}`}>
      <div class="panel-head">
        <ExpressionField handle={editor} text={draft} label={`Expression of panel ${number}`} autofocus={autofocus}
          error={draft === (ran ?? draft) ? misplaced?.message : undefined}
          onChange={(text) => { setDraft(text); setFormatError(undefined); }} onExecute={() => execute()} />
        <div class="panel-tools">
          <button type="button" class="quiet" title="Metrics explorer" aria-label="Metrics explorer" onClick={() => setExploring(true)}><Icon name="list" /></button>
          <HistoryMenu onChoose={(expr) => { write(expr); execute(expr); }} />
          <button type="button" class="quiet" title="Format the expression" aria-label="Format the expression" onClick={() => void format()}><Icon name="format" /></button>
          <Copy text={() => `${location.origin}${location.pathname}?${encode([{...state, expr: draft}])}`} label="Copy a link to this panel" />
          {onRemove && <button type="button" class="quiet" title="Remove panel" aria-label="Remove panel" onClick={onRemove}><Icon name="trash" /></button>}
          {run.running
            ? <button type="button" class="execute stop" onClick={run.cancel}><span class="spinner" />Stop</button>
            : <button type="button" class="execute primary" onClick={() => execute()}>Execute</button>}
        </div>
      </div>
      {exploring && <Explorer onClose={() => setExploring(false)}
        onInsert={(text) => { setExploring(false); editor.current?.insert(text); }} />}
      <Tabs id={id} label={`Result of panel ${number}`} tabs={tabs} active={state.tab} onChange={(tab) => onChange({tab})}>
        {state.tab !== 'explain' && run.outcome && <Cost outcome={run.outcome} />}
      </Tabs>
      <TabPanel id={id} active={state.tab}>
        {state.tab === 'graph' && <GraphControls state={state} onChange={onChange} />}
        {state.tab === 'table' && <div class="controls"><TimeControl label="Evaluation time" state={state} onChange={onChange} /></div>}
        {state.tab === 'explain' ? <Explain state={state} runs={runs} onChange={onChange} onError={setExplainError} /> : (
          <div class={`result ${run.running && stale ? 'is-old' : ''}`} aria-busy={run.running}>
            {error && error.kind !== 'unreachable' && <Notice kind="error">{error.message}</Notice>}
            {run.outcome && <Remarks outcome={run.outcome} />}
            {run.outcome?.kind === 'table' && !(error && stale) && <ResultTable data={run.outcome.answer.data} />}
            {run.outcome?.kind === 'graph' && <Graph outcome={run.outcome} state={state} onChange={onChange} />}
            {!run.outcome && !error && !run.running && (
              <Empty title="No expression yet.">Type one above and press Enter, or look for a metric in the <button type="button" class="link"
                onClick={() => setExploring(true)}>metrics explorer</button>.</Empty>)}
            {!run.outcome && run.running && <div class="result-wait" />}
          </div>
        )}
      </TabPanel>
    </section>
  );
}
