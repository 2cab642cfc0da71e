// Which page is shown, from the address. Pages are the last segment of the path, so the server may live below a prefix.
import {Store} from './store';

export interface Place {
  page: string;
  search: string;
}

function current(): Place {
  return {page: location.pathname.split('/').pop() || 'query', search: location.search};
}

export const place = new Store<Place>(current());
addEventListener('popstate', () => place.set(current()));

// `target` is relative to the page, like "targets" or "targets?search=x".
export function go(target: string): void {
  history.pushState(null, '', target);
  place.set(current());
  scrollTo(0, 0);
}

// Changes the part behind "?" of the present page. `push` makes a new entry for the back button.
export function setSearch(search: string, how: 'push' | 'replace'): void {
  const address = location.pathname + (search ? `?${search}` : '');
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  place.set(current());
}

// One parameter of the address, for filters that a link should carry.
export function setParameter(name: string, value: string): void {
  const search = new URLSearchParams(location.search);
  if (value) search.set(name, value);
  else search.delete(name);
  setSearch(search.toString(), 'replace');
}

export const parameter = (name: string): string => new URLSearchParams(place.get().search).get(name) ?? '';

// A plain click on a link to one of our pages stays in the document; everything else is the browser's business.
export function followLink(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.currentTarget as HTMLAnchorElement;
  event.preventDefault();
  go(link.href);
}
