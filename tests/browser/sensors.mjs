// The fleet: an empty page leads to a code, a host that enrols turns to online by itself, a revoked one is gone.
import { readFileSync, writeFileSync } from 'node:fs';
import { artefacts, axe, base, check, link, open, run } from './browser.mjs';

const first = await open({ width: 1440, height: 900 }, 'dark');
const { page } = first;
const row = () => page.locator('.list .tr');
const serious = async () => {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 160)}`);
  check(found.length === 0, found.join('; '));
};

let state;
const passed = await run(page, [
  ['an empty page says what to do', async () => {
    await page.goto(link);
    await page.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    await page.goto(`${base}/sensors`);
    await page.getByText('No sensor yet').waitFor();
    await serious();
    await page.screenshot({ path: `${artefacts}/sensors-empty-dark-1440.png` });
  }],
  ['a code is made by the keyboard', async () => {
    await page.keyboard.press('e');
    await page.getByLabel('What the host is called, as its records will say').waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.type('web-1');
    await page.getByLabel('Where it is, for people (optional)').fill('Hamburg, DMZ');
    await page.keyboard.press('Enter');
    await page.getByText(/^Claim code, works once, for \d+ min/).waitFor();
    const command = await page.locator('.codeblock code').innerText();
    check(/^watchfloor-sensor enroll --server https:\/\/127\.0\.0\.1:\d+ --name web-1 --code [0-9A-Z-]{19}\.[0-9a-f]{64}$/.test(command), command);
    await serious();
    await page.screenshot({ path: `${artefacts}/sensors-code-dark-1440.png` });
    writeFileSync(`${artefacts}/enrol.txt`, `${command}\n`);
  }],
  ['it turns to online by itself', async () => {
    const began = Date.now();
    await page.getByRole('button', { name: 'Show the sensor' }).waitFor();
    const took = Date.now() - began;
    await page.locator('.list .tr').getByText('Online', { exact: true }).waitFor();
    await page.screenshot({ path: `${artefacts}/sensors-online-dark-1440.png` });
    return `${took} ms after the code was handed over`;
  }],
  ['its panel says how it is', async () => {
    await page.getByRole('button', { name: 'Show the sensor' }).click();
    check(/[?&]sensor=/.test(page.url()), page.url());
    await page.getByText('Certificate until').waitFor();
    // Two heartbeats make a line.
    await page.locator('.load-charts').waitFor();
    await page.getByText('Interfaces').waitFor();
    await serious();
    await page.screenshot({ path: `${artefacts}/sensors-panel-dark-1440.png` });
  }],
  ['it is told something and answers', async () => {
    await page.getByText('Nothing is captured here.').waitFor();
    await page.getByRole('button', { name: 'Collect diagnostics' }).click();
    await page.getByText('What it answered').click();
    await page.locator('.answer').getByText('last lines of the log').waitFor();
    await page.getByRole('button', { name: 'Start a capture' }).click();
    await page.getByText('Interfaces', { exact: true }).first().waitFor();
    await serious();
    await page.screenshot({ path: `${artefacts}/sensors-captures-dark-1440.png` });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Push rules' }).click();
    await page.getByLabel('Version, one word').fill('1');
    await page.getByLabel('Suricata rules').fill('alert nonsense (');
    await page.getByRole('button', { name: 'Push', exact: true }).click();
    await page.locator('.told .why-not').waitFor();
    await page.screenshot({ path: `${artefacts}/sensors-refused-dark-1440.png` });
  }],
  ['the address is the state', async () => {
    await page.keyboard.press('Escape');
    await page.getByLabel('Find a sensor').fill('nowhere');
    await page.getByText('No sensor fits').waitFor();
    await page.getByLabel('Find a sensor').fill('dmz');
    await page.getByRole('button', { name: 'Online', exact: true }).click();
    check(page.url().includes('q=dmz') && page.url().includes('state=online'), page.url());
    await page.reload();
    await row().getByText('web-1').waitFor();
    await page.locator('h1').click();
    await page.keyboard.press('j');
    await page.getByText('Certificate until').waitFor();
  }],
  ['it is called otherwise', async () => {
    await page.getByLabel('What people call it').fill('Front door');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await row().getByText('Front door').waitFor();
    await page.goto(`${base}/sensors`);
    await row().getByText('Front door').waitFor();
  }],
  ['in light, on a large screen', async () => {
    state = await first.context.storageState();
    const light = await open({ width: 1920, height: 1080 }, 'light');
    await light.context.addCookies(state.cookies);
    await light.page.goto(`${base}/sensors`);
    await light.page.locator('.list .tr').getByRole('button').first().click();
    await light.page.locator('.load-charts').waitFor();
    await light.page.screenshot({ path: `${artefacts}/sensors-panel-light-1920.png` });
    check(light.errors.length === 0, light.errors.join('\n'));
    await light.browser.close();
  }],
  ['revoking asks once more, and then it is gone', async () => {
    await row().getByText('Front door').click();
    await page.getByRole('button', { name: 'Revoke this sensor' }).click();
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Revoke this sensor' }).click();
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('is revoked: the server takes nothing').waitFor();
    await page.getByText('No sensor yet').waitFor();
  }],
  ['nothing was wrong on the way', async () => check(first.errors.length === 0, first.errors.join('\n'))],
]);
await first.browser.close();
if (!passed) process.exitCode = 1;
