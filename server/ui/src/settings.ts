// What a person chose, kept in this browser.
import {persistent} from './store';

export type Theme = 'auto' | 'light' | 'dark';
export type Zone = 'local' | 'UTC';

const oneOf = (...values: unknown[]) => (value: unknown) => values.includes(value);
const isBoolean = (value: unknown) => typeof value === 'boolean';

export const theme = persistent<Theme>('theme', 'auto', oneOf('auto', 'light', 'dark'));
export const zone = persistent<Zone>('zone', 'local', oneOf('local', 'UTC'));
export const completion = persistent<boolean>('completion', true, isBoolean);
export const keepHistory = persistent<boolean>('keepHistory', true, isBoolean);
export const refreshSeconds = persistent<number>('refreshSeconds', 0, oneOf(0, 5, 10, 30, 60, 300));
