// Whether the server lets its pages change anything (--web.enable-admin-api).
import {useLive} from './live';

// Undefined until the server has said so.
export function useAdmin(): boolean | undefined {
  const {answer} = useLive<Record<string, string>>('status/flags', {}, 0);
  return answer && answer.data['web.enable-admin-api'] === 'true';
}
