// Debian's Chromium with a profile of its own, and pages that collect what went wrong on them.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const executablePath = process.env.VIGIA_CHROMIUM ?? '/usr/bin/chromium';
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

export async function openBrowser(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'vigia-ui-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, args, viewport: {width: 1360, height: 900}, timezoneId: 'Europe/Madrid', locale: 'en-GB', timeout: 120_000, ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, {recursive: true, force: true, maxRetries: 5});
    },
  };
}

// Chromium notes every 4xx as an error; from the API they are answers, such as to a mistyped expression. Not so 404: the page
// should not ask for what is not there.
const isAnswer = (text, url) => /^Failed to load resource: .* status of (400|422|499)/.test(text) && url.includes('/api/v1/');

// `problems`: console errors, exceptions, violations of the Content-Security-Policy, requests to other hosts.
export async function openPage(context, base) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);  // A loaded machine is slow, not wrong.
  const problems = [];
  page.on('console', (message) => {
    const {url} = message.location();
    if (message.type() === 'error' && !isAnswer(message.text(), url)) problems.push(`console: ${message.text()} ${url}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.stack ?? error}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== new URL(base).host) problems.push(`request to ${url}`);
  });
  return {page, problems};
}

// Reads again until the value is as expected: a page follows a click a moment later.
export async function becomes(read, expected, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  let value = await read();
  while (value !== expected && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    value = await read();
  }
  assert.equal(value, expected);
}
