// How the editor looks; colours come from the page's variables, which reach into the shadow root.
import {EditorView} from '@codemirror/view';

const mono = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

export const editorTheme = EditorView.theme({
  '&': {fontSize: '14px', color: 'var(--text)', backgroundColor: 'transparent'},
  '&.cm-focused': {outline: 'none'},
  '.cm-scroller': {fontFamily: mono, lineHeight: '1.6'},
  '.cm-content': {padding: '8px 0', caretColor: 'var(--text)', minHeight: '22px'},
  '.cm-line': {padding: '0 10px'},
  '.cm-placeholder': {color: 'var(--muted)', fontFamily: 'inherit'},
  '.cm-cursor': {borderLeftColor: 'var(--text)'},
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection': {
    backgroundColor: 'var(--selection)',
  },
  '&.cm-focused .cm-matchingBracket': {backgroundColor: 'var(--selection)', outline: '1px solid var(--line-strong)'},
  '&.cm-focused .cm-nonmatchingBracket': {backgroundColor: 'transparent', outline: '1px solid var(--bad)'},
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line-strong)', borderRadius: '8px',
    boxShadow: 'var(--shadow)', overflow: 'hidden', zIndex: '40',
  },
  '.cm-tooltip.cm-completionInfo': {padding: '8px 12px', maxWidth: '360px', marginLeft: '4px', fontSize: '13px'},
  '.cm-tooltip.cm-tooltip-autocomplete': {marginTop: '9px'},
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {fontFamily: mono, fontSize: '13px', maxHeight: '320px', minWidth: '280px', maxWidth: 'min(640px, calc(100vw - 64px))'},
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    padding: '4px 10px', lineHeight: '1.5', display: 'flex', gap: '12px', justifyContent: 'space-between',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {backgroundColor: 'var(--accent-soft)', color: 'var(--text)'},
  '.cm-completionLabel': {overflow: 'hidden', textOverflow: 'ellipsis'},
  '.cm-completionMatchedText': {textDecoration: 'none', fontWeight: '700', color: 'var(--accent)'},
  '.cm-completionDetail': {fontStyle: 'normal', color: 'var(--muted)', marginLeft: '0', flex: 'none'},
  // Beside the list there is no room, and on it it hides what one chooses from.
  '@media (max-width: 760px)': {'.cm-tooltip.cm-completionInfo': {display: 'none'}},
  '.cm-help': {padding: '8px 12px', maxWidth: '420px', fontSize: '13px', lineHeight: '1.5'},
  '.cm-help span': {color: 'var(--muted)'},
  '.cm-help p': {margin: '4px 0 0'},
  '.cm-diagnostic': {padding: '6px 12px', maxWidth: '520px', fontSize: '13px'},
  '.cm-diagnostic-error': {borderLeft: '3px solid var(--bad)'},
  '.cm-diagnostic-warning': {borderLeft: '3px solid var(--warn)'},
});
