// Something a person should know, where it belongs; and the placeholder of an empty list.
import type {ComponentChildren} from 'preact';
import type {ApiError} from '../api/envelope';
import {Icon} from './icons';

export function Notice({kind, children}: {kind: 'error' | 'warning' | 'info'; children: ComponentChildren}) {
  return <div class={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'}><Icon name={kind} /><div>{children}</div></div>;
}

// Failures of a page's own data. While the server is away the banner on top says so already.
export function LoadError({error}: {error?: ApiError}) {
  if (!error || error.kind === 'unreachable') return null;
  return <Notice kind="error">{error.message}</Notice>;
}

export function Empty({title, children}: {title: string; children?: ComponentChildren}) {
  return <div class="empty"><strong>{title}</strong>{children && <p>{children}</p>}</div>;
}

export function Loading() {
  return <div class="loading" role="status"><span class="spinner" />Loading…</div>;
}
