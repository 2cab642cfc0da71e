// Queries that run now, with a button that ends one. The server may not offer this.
import {useState} from 'preact/hooks';
import {ApiError, post} from '../api/envelope';
import {useLive} from '../api/live';
import {took} from '../format/time';
import {ExpressionLink} from '../parts/expression';
import {Empty, LoadError, Loading, Notice} from '../parts/notice';

interface RunningQuery {
  id: string | number;
  query: string;
  seconds: number;
  samples?: number;
  client?: string;
}

export function QueriesView() {
  const {answer, error, reload} = useLive<{queries: RunningQuery[]}>('status/queries', {}, 2_000);
  const [failure, setFailure] = useState('');
  const cancel = async (id: RunningQuery['id']) => {
    try {
      await post('status/queries/cancel', {id: String(id)});
      setFailure('');
    } catch (problem) {
      setFailure(problem instanceof ApiError ? problem.message : String(problem));
    }
    reload();
  };
  const queries = answer?.data.queries;
  if (error?.kind === 'missing') return <Empty title="This server does not list its queries." />;
  return (
    <>
      <LoadError error={error} />
      {failure && <Notice kind="error">{failure}</Notice>}
      {!queries && !error && <Loading />}
      {queries?.length === 0 && <Empty title="No query is running." />}
      {queries && queries.length > 0 && (
        <div class="card">
          <table class="running">
            <thead><tr><th>Expression</th><th class="figure">Runs since</th><th>From</th><th><span class="visually-hidden">Action</span></th></tr></thead>
            <tbody>{queries.map((query) => (
              <tr key={query.id}>
                <td><ExpressionLink text={query.query} tab="table" /></td><td class="figure">{took(query.seconds)}</td><td>{query.client ?? ''}</td>
                <td><button type="button" onClick={() => void cancel(query.id)}>Cancel</button></td>
              </tr>))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
