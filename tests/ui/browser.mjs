// Debian's Chromium with a profile of its own, and pages that collect what went wrong on them.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const executablePath = process.env.VIGIA_CHROMIUM ?? '/usr/bin/chromium';
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export async function openBrowser(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'vigia-ui-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, args, viewport: {width: 1360, height: 900}, timezoneId: 'Europe/Madrid', locale: 'en-GB', ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, {recursive: true, force: true, maxRetries: 5});
    },
  };
}

// `problems`: console errors, exceptions, violations of the Content-Security-Policy, requests to other hosts.
export async function openPage(context, base) {
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.stack ?? error}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== new URL(base).host) problems.push(`request to ${url}`);
  });
  return {page, problems};
}
