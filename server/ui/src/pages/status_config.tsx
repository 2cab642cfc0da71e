// The configuration in force, as the server read it, defaults filled in.
import {useMemo} from 'preact/hooks';
import {useLive} from '../api/live';
import {Copy} from '../parts/copy';
import {LoadError, Loading} from '../parts/notice';

// One line of YAML in colours. The server prints it in one plain style, so a pattern is enough.
function Line({text}: {text: string}) {
  const match = text.match(/^(\s*(?:- )*)([^\s:#][^:#]*)(:)(\s.*)?$/);
  if (/^\s*#/.test(text)) return <span class="yaml-comment">{text}</span>;
  if (!match) return <>{text}</>;
  const [, lead, key, colon, value = ''] = match;
  return <>{lead}<span class="yaml-key">{key}</span>{colon}<span class="yaml-value">{value}</span></>;
}

export function ConfigView() {
  const {answer, error} = useLive<{yaml: string}>('status/config', {}, 15_000);
  const yaml = answer?.data.yaml;
  const lines = useMemo(() => (yaml ?? '').replace(/\n$/, '').split('\n'), [yaml]);
  return (
    <>
      <LoadError error={error} />
      {yaml === undefined && !error && <Loading />}
      {yaml !== undefined && (
        <div class="card code-card">
          <Copy text={() => yaml} label="Copy the configuration" />
          <pre class="yaml" tabIndex={0} aria-label="Configuration">{lines.map((line, i) => <div key={i}><Line text={line} />{'\n'}</div>)}</pre>
        </div>
      )}
    </>
  );
}
