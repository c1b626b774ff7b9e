// A browser as the tests need it: real Chromium, no request leaves the machine, every page error is a failure.
import { createRequire } from 'node:module';
const require = createRequire(new URL('../../package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export const axe = require.resolve('axe-core/axe.min.js');
export const artefacts = process.env.ARTEFACTS;
export const link = process.env.LINK;
export const base = new URL(link).origin;
const provider = process.env.PROVIDER;

export async function open(viewport, colorScheme = 'dark', flags = [], reducedMotion = 'reduce') {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS, ...flags] });
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`page error: ${String(error).slice(0, 400)}`));
  page.on('console', (message) => message.type() === 'error' && errors.push(`console: ${message.text().slice(0, 300)} ${message.location().url}`));
  page.on('request', (request) => {
    if (![base, provider].some((one) => one && request.url().startsWith(one)) && !/^(data|blob):/.test(request.url())) errors.push(`left for ${request.url()}`);
  });
  page.setDefaultTimeout(30_000);
  return { browser, context, page, errors };
}

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

/** Runs the steps in order; the first that fails ends it, with a picture. */
export async function run(page, steps) {
  for (const [name, step] of steps) {
    const started = Date.now();
    try {
      const said = await step();
      console.log(`ok    ${name} (${Date.now() - started} ms)${said ? `: ${said}` : ''}`);
    } catch (error) {
      console.log(`FAIL  ${name}: ${error.message}`);
      await page.screenshot({ path: `${artefacts}/failed.png` });
      process.exitCode = 1;
      return false;
    }
  }
  return true;
}
