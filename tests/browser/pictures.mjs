// The README's pictures, of a demo that has told its story: map, wall, the worst alert with its tree, sensors.
import { artefacts, base, check, link, open, run } from './browser.mjs';

const WEBGL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const SIZE = { width: 1280, height: 800 };

const shot = (page, name) => page.screenshot({ path: `${artefacts}/${name}.png` });

const desk = await open(SIZE, 'dark', WEBGL, 'no-preference');
const { page } = desk;
await run(page, [
  ['the map', async () => {
    await page.goto(link);
    await page.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    await page.goto(`${base}/map`);
    await page.waitForSelector('.mapcanvas canvas.arcs');
    await page.locator('.feedbody li').nth(5).waitFor({ timeout: 120_000 });
    await page.waitForTimeout(8_000);
    await shot(page, 'map');
  }],
  ['the worst alert, with its tree', async () => {
    await page.goto(`${base}/alerts`);
    const worst = await page.evaluate(() => fetch('/api/v1/alerts?sort=severity').then((r) => r.json()).then(({ items }) => items[0].id));
    await page.goto(`${base}/alerts/${worst}`);
    await page.locator('h1').first().waitFor();
    await page.waitForTimeout(4_000);
    await shot(page, 'alert');
  }],
  ['sensors', async () => {
    await page.goto(`${base}/sensors`);
    await page.locator('h1').first().waitFor();
    await page.waitForTimeout(3_000);
    await shot(page, 'sensors');
  }],
]);
const wall = await open({ width: 1280, height: 720 }, 'dark', WEBGL, 'no-preference');
await run(wall.page, [
  ['the wall', async () => {
    await wall.page.goto(`${base}/wall`);
    await wall.page.locator('.digits:not(.none)').waitFor();
    const code = (await wall.page.locator('.digits').innerText()).replace(/\D/g, '');
    const paired = await page.evaluate((code) => fetch('/api/v1/walls', {
      method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': '1' },
      body: JSON.stringify({ code, wall: { name: 'SOC, west wall', scenes: ['map'] } }),
    }).then((answer) => answer.status), code);
    check(paired === 200, `pairing answers ${paired}`);
    await wall.page.locator('.wall-flows li').first().waitFor({ timeout: 60_000 });
    await wall.page.waitForTimeout(10_000);
    await shot(wall.page, 'wall');
  }],
]);
await desk.browser.close();
await wall.browser.close();
