// The PromQL editor itself: CodeMirror with Prometheus' language package. Lives in a shadow root, because there its styles
// are constructed style sheets, which a strict Content-Security-Policy allows; in the document they would be inline.
import {autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion} from '@codemirror/autocomplete';
import {defaultKeymap, history, historyKeymap, insertNewlineAndIndent} from '@codemirror/commands';
import {bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree} from '@codemirror/language';
import {type Diagnostic, lintKeymap, setDiagnostics} from '@codemirror/lint';
import {Compartment, EditorState, Prec} from '@codemirror/state';
import {EditorView, hoverTooltip, keymap, placeholder, type Tooltip, tooltips} from '@codemirror/view';
import {tags} from '@lezer/highlight';
import {type CompleteStrategy, newCompleteStrategy, PromQLExtension} from '@prometheus-io/codemirror-promql';
import {HybridLint} from '@prometheus-io/codemirror-promql/dist/esm/lint/hybrid';
import {aggregateOpTerms, functionIdentifierTerms} from '@prometheus-io/codemirror-promql/dist/esm/complete/promql.terms';
import {get} from '../api/envelope';
import type {Metadata} from '../api/types';
import {completion} from '../settings';
import {editorTheme} from './editor_theme';
import {past} from './history';

export interface EditorEvents {
  onChange: (text: string) => void;
  onExecute: () => void;
}

export interface Editor {
  setText: (text: string) => void;
  insert: (text: string) => void;
  // Underlines the place that an error of the API names, like `1:5: parse error: …`; without one removes the line.
  showError: (message: string | undefined) => void;
  focus: () => void;
  destroy: () => void;
}

// Class names rather than HighlightStyle's generated colours, so that both themes come from the same variables.
const highlighting = HighlightStyle.define([
  {tag: tags.variableName, color: 'var(--hl-metric)'},
  {tag: tags.labelName, color: 'var(--hl-label)'},
  {tag: tags.string, color: 'var(--hl-string)'},
  {tag: tags.number, color: 'var(--hl-number)'},
  {tag: [tags.modifier, tags.operatorKeyword, tags.logicOperator], color: 'var(--hl-keyword)'},
  {tag: tags.function(tags.variableName), color: 'var(--hl-function)'},
  {tag: tags.comment, color: 'var(--hl-comment)', fontStyle: 'italic'},
  {tag: tags.invalid, color: 'var(--bad)'},
]);

// The server's completions, and past expressions that begin like what was typed.
class WithHistory implements CompleteStrategy {
  constructor(private readonly inner: CompleteStrategy) {}

  async promQL(context: Parameters<CompleteStrategy['promQL']>[0]) {
    const result = await this.inner.promQL(context);
    const typed = context.state.doc.toString();
    if (!result || context.pos !== typed.length || typed.trim().length < 2) return result;
    const begun = past.get().filter((one) => one !== typed && one.startsWith(typed)).slice(0, 5);
    if (begun.length === 0) return result;
    const options = begun.map((one) => ({
      label: one.slice(result.from), detail: 'past query', apply: one.slice(result.from), boost: -20,
    }));
    return {...result, options: [...result.options, ...options]};
  }
  destroy() {
    this.inner.destroy?.();
  }
}

const terms = new Map([...functionIdentifierTerms, ...aggregateOpTerms].map((term) => [term.label, term]));

function helpBox(title: string, kind: string, text: string): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-help';
  const head = box.appendChild(document.createElement('div'));
  head.appendChild(document.createElement('strong')).textContent = title;
  if (kind) head.appendChild(document.createElement('span')).textContent = ` ${kind}`;
  if (text) box.appendChild(document.createElement('p')).textContent = text;
  return box;
}

async function help(view: EditorView, pos: number): Promise<Tooltip | null> {
  const node = syntaxTree(view.state).resolveInner(pos, -1);
  if (node.from === node.to || node.to - node.from > 300) return null;
  const text = view.state.sliceDoc(node.from, node.to);
  const place = {pos: node.from, end: node.to, above: true};
  const term = node.name === 'Identifier' ? undefined : terms.get(text);
  if (term) return {...place, create: () => ({dom: helpBox(text, String(term.detail ?? ''), String(term.info ?? ''))})};
  if (node.name !== 'Identifier') return null;
  try {
    const {data} = await get<Record<string, Metadata[]>>('metadata', {metric: text, limit_per_metric: '1'});
    const about = data[text]?.[0];
    if (!about) return null;
    return {...place, create: () => ({dom: helpBox(text, [about.type, about.unit].filter(Boolean).join(', '), about.help)})};
  } catch {
    return null;  // Help is a courtesy; whoever runs the query sees the error.
  }
}

function errorPlace(state: EditorState, message: string): Diagnostic | undefined {
  const match = message.match(/(\d+):(\d+): (parse error: .*)/s);
  if (!match) return undefined;
  const line = state.doc.line(Math.min(Math.max(1, Number(match[1])), state.doc.lines));
  const from = Math.min(line.from + Math.max(0, Number(match[2]) - 1), line.to);
  const node = syntaxTree(state).resolveInner(from, 1);
  const to = Math.min(Math.max(from + 1, node.from >= from ? node.to : from + 1), state.doc.length);
  return {from: Math.min(from, Math.max(0, to - 1)), to, severity: 'error', message: match[3]};
}

// What the grammar says while one types, until the server has said something about this very text.
class Lint extends HybridLint {
  private served: {text: string; place: Diagnostic} | undefined;

  override promQL() {
    const local = super.promQL();
    return (view: EditorView) => (this.served?.text === view.state.doc.toString() ? [this.served.place] : local(view));
  }
  // Returns what is to be shown now.
  serve(view: EditorView, message: string | undefined): readonly Diagnostic[] {
    const place = message === undefined ? undefined : errorPlace(view.state, message);
    this.served = place && {text: view.state.doc.toString(), place};
    return this.promQL()(view);
  }
}

export function createEditor(host: HTMLElement, text: string, label: string, events: EditorEvents): Editor {
  const root = host.shadowRoot ?? host.attachShadow({mode: 'open'});
  const language = new Compartment();
  const lint = new Lint();
  const promql = () => {
    const extension = new PromQLExtension().activateCompletion(completion.get()).setLinter(lint);
    const remote = {apiPrefix: 'api/v1', httpMethod: 'GET' as const, httpErrorHandler: () => undefined, lookbackInterval: 3_600_000};
    return extension.setComplete({completeStrategy: new WithHistory(newCompleteStrategy({remote}))}).asExtension();
  };
  const execute = () => {
    events.onExecute();
    return true;
  };
  const view = new EditorView({
    root,
    parent: root as unknown as Element,
    state: EditorState.create({
      doc: text,
      extensions: [
        history(), bracketMatching(), closeBrackets(), indentOnInput(), syntaxHighlighting(highlighting), language.of(promql()),
        autocompletion({icons: false, maxRenderedOptions: 200}), tooltips({position: 'absolute'}), hoverTooltip(help), editorTheme,
        EditorView.lineWrapping, placeholder('Expression: metric names, functions … (Shift+Enter for a new line)'),
        EditorView.contentAttributes.of({'aria-label': label, spellcheck: 'false'}),
        Prec.high(keymap.of([
          {key: 'Mod-Enter', run: execute}, {key: 'Enter', run: execute}, {key: 'Shift-Enter', run: insertNewlineAndIndent},
        ])),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) events.onChange(update.state.doc.toString());
        }),
        EditorView.domEventHandlers({
          // A click into the empty field offers what there is.
          focus: (_, focused) => {
            if (completion.get() && focused.state.doc.length === 0) setTimeout(() => startCompletion(focused), 0);
          },
        }),
      ],
    }),
  });
  const unsubscribe = completion.subscribe(() => view.dispatch({effects: language.reconfigure(promql())}));
  return {
    setText: (next) => {
      if (next !== view.state.doc.toString()) {
        view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: next}, selection: {anchor: next.length}});
      }
    },
    insert: (piece) => {
      const {from, to} = view.state.selection.main;
      view.dispatch({changes: {from, to, insert: piece}, selection: {anchor: from + piece.length}});
      view.focus();
    },
    showError: (message) => view.dispatch(setDiagnostics(view.state, lint.serve(view, message))),
    focus: () => view.focus(),
    destroy: () => {
      unsubscribe();
      view.destroy();
    },
  };
}
