import {useState} from 'preact/hooks';
import {useLive} from '../api/live';
import {matches} from '../format/labels';
import {Empty, LoadError, Loading} from '../parts/notice';
import {Search} from '../parts/search';

export function FlagsView() {
  const {answer, error} = useLive<Record<string, string>>('status/flags', {}, 0);
  const [words, setWords] = useState('');
  const all = Object.entries(answer?.data ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const shown = all.filter(([name, value]) => matches(`${name} ${value}`.toLowerCase(), words));
  return (
    <>
      <LoadError error={error} />
      {!answer && !error && <Loading />}
      {answer && <Search label="Search flags" value={words} onChange={setWords} />}
      {answer && shown.length === 0 && <Empty title="No flag fits." />}
      {shown.length > 0 && (
        <div class="card">
          <table class="facts-table flags">
            <tbody>{shown.map(([name, value]) => (
              <tr key={name}><th scope="row" class="mono">--{name}</th><td class="mono">{value || <span class="muted">empty</span>}</td></tr>
            ))}</tbody>
          </table>
        </div>
      )}
    </>
  );
}
