// A wall screen: paired through the console, shown what it may and no more, honest about its age when the network is away,
// back by itself, and dark within seconds when it is revoked. Every state is left as a picture.
import { readFileSync, writeFileSync } from 'node:fs';
import { artefacts, axe, base, check, link, open, run } from './browser.mjs';

const WEBGL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const BEACON = 'Beacon to a command server';
const HIDDEN = ['203.0.113.71', '198.51.100.8', '10.10.0.17', '10.20.0.1', 'ws-0417', 'WS-04', 'gw-02', 'a.berg'];
const SCENES = { techniques: 'Top techniques', endpoints: 'Endpoints at risk', pipeline: 'Pipeline' };

const network = (state) => writeFileSync(`${artefacts}/wall-network`, state);
const shot = (page, name) => page.screenshot({ path: `${artefacts}/wall-${name}.png` });
const words = (page) => page.evaluate(() => document.body.innerText);
// What the cut network and a wall that is none make the browser say is expected.
const wrong = (errors) => errors.filter((error) => !/Failed to load resource|net::ERR/.test(error));

async function accessible(page) {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 120)}`);
  check(serious.length === 0, serious.join('; '));
}

async function onTheMap(page) {
  await page.locator('.wall-flows', { hasText: BEACON }).waitFor({ timeout: 100_000 });
  await page.waitForTimeout(1_500);
}

const screen = await open({ width: 1920, height: 1080 }, 'dark', WEBGL);
const desk = await open({ width: 1440, height: 900 }, 'dark');
const wall = screen.page, admin = desk.page;
for (const page of [wall, admin]) page.setDefaultTimeout(90_000);
let code, figures;
const passed = await run(wall, [
  ['a screen shows a code', async () => {
    await wall.goto(`${base}/wall`);
    await wall.locator('.digits:not(.none)').waitFor();
    code = (await wall.locator('.digits').innerText()).replace(/\D/g, '');
    check(/^\d{6}$/.test(code), `the code is ${code}`);
    await accessible(wall);
    await shot(wall, 'code');
  }],
  ['an administrator pairs it', async () => {
    await admin.goto(link);
    await admin.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    await admin.locator('nav').getByText('Settings').click();
    await admin.getByRole('tab', { name: 'Walls' }).click();
    await admin.getByText('No screen yet').waitFor();
    await shot(admin, 'settings-empty-dark');
    await admin.getByLabel('Code on the screen').fill('000 000');
    await admin.getByLabel('Name', { exact: true }).fill('SOC, west wall');
    if (code !== '000000') {
      await admin.getByRole('button', { name: 'Pair', exact: true }).click();
      await admin.getByText('No screen shows this code').waitFor();
      await shot(admin, 'settings-wrong-code');
    }
    await admin.getByLabel('Code on the screen').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await admin.getByLabel('Dim it at night').check();
    await admin.getByLabel('From', { exact: true }).fill('00:00');
    await admin.getByLabel('Until', { exact: true }).fill('00:01');
    await admin.getByRole('button', { name: 'Pair', exact: true }).click();
    await admin.locator('.tr', { hasText: 'SOC, west wall' }).waitFor();
  }],
  ['the screen becomes the wall, with five numbers', async () => {
    await wall.locator('.five').waitFor();
    await wall.locator('.wall-top', { hasText: 'Live' }).waitFor();
    await wall.waitForFunction(() => [...document.querySelectorAll('.five dd')].every((cell) => !cell.innerText.startsWith('?')));
    figures = await wall.locator('.five dd').allInnerTexts();
    check(figures.length === 5 && /[1-9]/.test(figures[0]) && /[1-9]/.test(figures[2]), `${figures}`);
    return figures.join(' | ');
  }],
  ['the map draws, and nothing that is hidden is in the page', async () => {
    await onTheMap(wall);
    const text = await words(wall);
    check(text.includes('203.0.113.0/24'), `no network in: ${text}`);
    for (const hidden of HIDDEN) check(!text.includes(hidden), `${hidden} is in the page`);
    check(/DB-IP|Natural Earth/.test(text), 'nobody is credited');
    await shot(wall, 'map');
    await accessible(wall);
  }],
  ['scenes come round', async () => {
    for (const [name, title] of Object.entries(SCENES)) {
      await wall.locator('.wall-title', { hasText: title }).waitFor({ timeout: 100_000 });
      await wall.waitForTimeout(500);
      const text = await words(wall);
      for (const hidden of HIDDEN) check(!text.includes(hidden), `${hidden} is in ${title}`);
      if (name !== 'pipeline') check((await wall.locator('.wall-rows li').count()) >= 5, `few rows of ${title}`);
      await shot(wall, name);
    }
  }],
  ['four times the pixels look the same', async () => {
    const large = await open({ width: 3840, height: 2160 }, 'dark', WEBGL);
    await large.context.addCookies((await screen.context.storageState()).cookies);
    await large.page.goto(`${base}/wall`);
    await large.page.locator('.five').waitFor();
    await large.page.locator('.wall-flows').waitFor({ timeout: 100_000 });
    await large.page.waitForTimeout(8_000);
    await shot(large.page, 'map-2160');
    const size = (page) => page.evaluate(() => parseFloat(getComputedStyle(document.querySelector('.five dd')).fontSize));
    const [here, there] = [await size(wall), await size(large.page)];
    await large.browser.close();
    check(Math.abs(there / here - 2) < 0.01 && here > 100, `${here} px and ${there} px`);
    return `${here} px at 1080, ${there} px at 2160`;
  }],
  ['without WebGL2 lines are drawn, and it says so', async () => {
    const without = await open({ width: 1920, height: 1080 }, 'dark', ['--disable-3d-apis']);
    await without.context.addCookies((await screen.context.storageState()).cookies);
    await without.page.goto(`${base}/wall`);
    await without.page.getByText(/no WebGL2/).waitFor({ timeout: 100_000 });
    await shot(without.page, 'plain');
    await without.browser.close();
  }],
  ['a silent network is stale within 15 seconds', async () => {
    await onTheMap(wall);
    network('silent');
    const cut = Date.now();
    await wall.locator('.stale-band').waitFor({ timeout: 15_000 });
    const took = Date.now() - cut;
    const text = await words(wall);
    check(/No data for 1\d s/.test(text) && text.includes('Everything shown is as of') && text.includes('Stale'), text);
    const old = await wall.locator('.five dd').allInnerTexts();
    check(old[0].startsWith(figures[0].trim()) && old[3] === '?' && old[4] === '?', `${old}`);
    await shot(wall, 'stale');
    return `${took} ms`;
  }],
  ['a server that is down is tried again for ever', async () => {
    network('down');
    await wall.getByText(/Reconnecting, try [3-9]/).waitFor({ timeout: 90_000 });
    await wall.getByText(/next in \d+ s/).waitFor();
    await shot(wall, 'stale-retrying');
  }],
  ['it comes back by itself', async () => {
    network('up');
    const up = Date.now();
    await wall.locator('.stale-band').waitFor({ state: 'detached', timeout: 60_000 });
    await wall.locator('.wall-top', { hasText: 'Live' }).waitFor();
    await onTheMap(wall);
    return `${Date.now() - up} ms`;
  }],
  ['what an administrator allows shows within a second or two', async () => {
    await admin.reload();
    const row = admin.locator('.tr', { hasText: 'SOC, west wall' });
    await row.getByRole('button', { name: 'Change' }).click();
    await admin.getByLabel('Full addresses').check();
    await admin.getByLabel('Names of hosts').check();
    await admin.getByLabel('Names of users').check();
    await admin.getByRole('button', { name: 'Light' }).click();
    await shot(admin, 'settings-change-dark');
    await admin.getByRole('button', { name: 'Save' }).click();
    await admin.locator('.tr', { hasText: 'Full addresses, hosts and users' }).waitFor();
    await wall.waitForFunction(() => document.documentElement.dataset.theme === 'light', null, { timeout: 5_000 });
    await onTheMap(wall);
    check((await words(wall)).includes('203.0.113.71'), 'the address is not shown');
    await shot(wall, 'map-light-open');
    await wall.locator('.wall-title', { hasText: SCENES.endpoints }).waitFor({ timeout: 100_000 });
    check(/WS-04/.test(await words(wall)), 'no host is shown');
    await shot(wall, 'endpoints-light-open');
  }],
  ['at night it is dim', async () => {
    await admin.locator('.tr', { hasText: 'SOC, west wall' }).getByRole('button', { name: 'Change' }).click();
    await admin.getByLabel('From', { exact: true }).fill('00:00');
    await admin.getByLabel('Until', { exact: true }).fill('23:59');
    await admin.getByRole('button', { name: 'Save' }).click();
    await wall.locator('.wall.dim').waitFor({ timeout: 5_000 });
    check((await wall.evaluate(() => document.documentElement.dataset.theme)) === 'dark', 'light at night');
    await wall.waitForTimeout(2_500);
    await shot(wall, 'night');
  }],
  ['settings in both themes, and nothing serious for assistive technology', async () => {
    await accessible(admin);
    await shot(admin, 'settings-dark');
    await admin.keyboard.press('T');
    await admin.waitForTimeout(500);
    await accessible(admin);
    await shot(admin, 'settings-light');
  }],
  ['revoked, it shows a code and nothing of what it was', async () => {
    const row = admin.locator('.tr', { hasText: 'SOC, west wall' });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.getByRole('button', { name: 'Revoke for good' }).click();
    const asked = Date.now();
    await wall.locator('.digits:not(.none)').waitFor({ timeout: 10_000 });
    const took = Date.now() - asked;
    check((await wall.locator('.five').count()) === 0 && !(await words(wall)).includes(BEACON), 'something stayed');
    await admin.getByText('No screen yet').waitFor();
    return `${took} ms`;
  }],
  ['nothing was wrong on the way', async () => {
    const errors = [...wrong(screen.errors), ...wrong(desk.errors)];
    check(errors.length === 0, errors.join('\n'));
  }],
]);
if (!passed) await shot(admin, 'failed-admin');
await screen.browser.close();
await desk.browser.close();
