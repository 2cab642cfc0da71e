// Applies the chosen theme to the document; "auto" follows the system while it changes.
import {Store} from './store';
import {theme} from './settings';

const system = matchMedia('(prefers-color-scheme: dark)');
export const dark = new Store(false);

function apply(): void {
  const chosen = theme.get();
  const isDark = chosen === 'auto' ? system.matches : chosen === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  dark.set(isDark);
}

export function startTheme(): void {
  apply();
  theme.subscribe(apply);
  system.addEventListener('change', apply);
}
