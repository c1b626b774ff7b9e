// The live map: what comes in is drawn where it belongs, across the antimeridian too; without WebGL2 as well; and it leads on.
// Pixels are compared between filters, so that only what differs counts: one flow's arc.
import { readFileSync } from 'node:fs';
import { artefacts, axe, base, check, link, open, run } from './browser.mjs';

const WEBGL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const BEACON = 'Beacon to a command server';
const PROBE = 'Telnet probe';
const HAMBURG = [9.99, 53.55], BUENOS_AIRES = [-58.4, -34.6], SEATTLE = [-122.33, 47.6], OSAKA = [135.5, 34.7];
// The flat world fills the larger side of the box; there are no copies of it, so the meridian of Greenwich is in the middle.
const CENTER = [0, 26];

const mercator = (lat) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

/** Where a place lies in the box, in pixels. */
function place([lon, lat], { width, height }) {
  const world = Math.max(width, height);
  const turn = (((lon - CENTER[0]) / 360 + 1.5) % 1) - 0.5;
  return [width / 2 + turn * world, height / 2 + (mercator(lat) - mercator(CENTER[1])) * world];
}

/** The map as pixels, once it stands still. */
async function picture(page, search) {
  await page.goto(`${base}/map${search}`);
  await page.waitForSelector('.mapcanvas canvas');
  await page.getByText(search.includes('low') ? PROBE : BEACON).first().waitFor();
  // Nothing flies when motion is reduced; rings and rows go on.
  await page.waitForTimeout(2_500);
  await page.mouse.move(5, 5);
  const box = await page.locator('.mapstage').boundingBox();
  const png = await page.screenshot({ clip: box });
  return { box, png: `data:image/png;base64,${png.toString('base64')}` };
}

/** How many pixels differ in each cell of a grid over the box. */
async function differing(page, a, b) {
  return page.evaluate(async ([a, b]) => {
    const pixels = async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    };
    const [one, other] = [await pixels(a), await pixels(b)];
    const at = [];
    for (let i = 0; i < one.data.length; i += 4) {
      const by = [0, 1, 2].reduce((sum, c) => sum + Math.abs(one.data[i + c] - other.data[i + c]), 0);
      if (by > 30) at.push([(i / 4) % one.width, Math.floor(i / 4 / one.width)]);
    }
    return at;
  }, [a.png, b.png]);
}

const near = (pixels, [x, y], by) => pixels.filter(([px, py]) => Math.abs(px - x) <= by && Math.abs(py - y) <= by).length;
const within = (pixels, [x0, x1], [y0, y1]) => pixels.filter(([x, y]) => x > x0 && x < x1 && y > y0 && y < y1).length;

const first = await open({ width: 1440, height: 900 }, 'dark', WEBGL);
const { page } = first;
let both, high, low;
await run(page, [
  ['signs in and sees both flows in the feed', async () => {
    await page.goto(link);
    await page.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    both = await picture(page, '');
    await page.getByText(PROBE).first().waitFor();
    await page.getByText('203.0.113.71').first().waitFor();
    await page.screenshot({ path: `${artefacts}/map-dark-1440.png` });
  }],
  ['the arc from Buenos Aires ends in Hamburg', async () => {
    low = await picture(page, '?severity=low');
    const drawn = await differing(page, both, low);
    for (const [name, at] of [['Hamburg', HAMBURG], ['Buenos Aires', BUENOS_AIRES]]) {
      check(near(drawn, place(at, both.box), 14) > 5, `nothing is drawn at ${name}, ${place(at, both.box)}`);
    }
    const [, top] = place([0, 20], both.box), [, bottom] = place([0, -10], both.box);
    check(within(drawn, [place([-75, 0], both.box)[0], place([5, 0], both.box)[0]], [top, bottom]) > 30, 'nothing is drawn between them');
    return `${drawn.length} pixels`;
  }],
  ['the arc from Osaka to Seattle crosses the Pacific, and nothing else', async () => {
    high = await picture(page, '?severity=high');
    const drawn = await differing(page, both, high);
    for (const [name, at] of [['Osaka', OSAKA], ['Seattle', SEATTLE]]) {
      check(near(drawn, place(at, both.box), 14) > 5, `nothing is drawn at ${name}, ${place(at, both.box)}`);
    }
    const rows = [place([0, 75], both.box)[1], place([0, 20], both.box)[1]];
    const columns = (from, to) => [place([from, 0], both.box)[0], place([to, 0], both.box)[0]];
    check(within(drawn, columns(150, 178), rows) > 20, 'nothing is drawn west of the antimeridian');
    check(within(drawn, columns(-165, -130), rows) > 20, 'nothing is drawn east of it');
    check(within(drawn, columns(20, 120), rows) === 0, 'it goes the long way, over Asia');
    return `${drawn.length} pixels`;
  }],
  ['a pause holds what one sees and says how much waits', async () => {
    await page.goto(`${base}/map`);
    await page.getByText(BEACON).first().waitFor();
    await page.keyboard.press('Space');
    await page.getByText(/\d+ wait/).first().waitFor();
    await page.screenshot({ path: `${artefacts}/map-paused.png` });
    await page.keyboard.press('l');
    await page.getByText('At the live edge').waitFor();
  }],
  ['Enter leads to what happened', async () => {
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /^\/(hunt|alerts)/.test(location.pathname));
    await page.waitForSelector('h1');
    return page.url().replace(base, '').slice(0, 60);
  }],
  ['nothing serious for assistive technology', async () => {
    await page.goto(`${base}/map`);
    await page.getByText(BEACON).first().waitFor();
    await page.evaluate(readFileSync(axe, 'utf8'));
    const { violations } = await page.evaluate(() => window.axe.run());
    const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 120)}`);
    check(serious.length === 0, serious.join('; '));
  }],
  ['globe and density are drawn', async () => {
    await page.goto(`${base}/map?projection=globe&view=density`);
    await page.getByText(BEACON).first().waitFor();
    await page.waitForTimeout(2_000);
    await page.screenshot({ path: `${artefacts}/map-globe.png` });
  }],
  ['nothing was wrong on the way', async () => check(first.errors.length === 0, first.errors.join('\n'))],
]);
const state = await first.context.storageState();
await first.browser.close();

const without = await open({ width: 1920, height: 1080 }, 'light', ['--disable-3d-apis']);
await without.context.addCookies(state.cookies);
await run(without.page, [
  ['without WebGL2 lines are drawn, and it says so', async () => {
    await without.page.goto(`${base}/map`);
    await without.page.getByText(/WebGL/).first().waitFor();
    await without.page.getByText(BEACON).first().waitFor();
    await without.page.waitForTimeout(1_500);
    await without.page.screenshot({ path: `${artefacts}/map-plain-light-1920.png` });
    const box = await without.page.locator('.mapstage').boundingBox();
    const inked = await without.page.evaluate(() => {
      const canvas = document.querySelector('.mapcanvas canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 3 && value > 0).length / (canvas.width * canvas.height);
    });
    check(inked > 0.05 && box.width > 1_000, `${inked} of the canvas is drawn on`);
  }],
]);
await without.browser.close();

/** In the page: a stream that says once that there is nothing, and then nothing more. */
function silence() {
  window.EventSource = class extends EventTarget {
    constructor(url) {
      super();
      this.readyState = 1;
      const now = new Date().toISOString(), zero = [0, 0, 0, 0];
      const data = { now, since: now, sites: [], flows: [], hits: [], counts: { minute: zero, hour: zero, day: zero, since: now } };
      if (!url.includes('/map/live')) return;
      setTimeout(() => this.dispatchEvent(new MessageEvent('snapshot', { data: JSON.stringify({ event: 'snapshot', data }) })), 100);
    }
    close() {}
  };
}

for (const [theme, viewport] of [['dark', { width: 1920, height: 1080 }], ['light', { width: 1440, height: 900 }]]) {
  const name = (state) => `${artefacts}/map-${state}-${theme}-${viewport.width}.png`;
  const live = await open(viewport, theme, WEBGL);
  await live.context.addCookies(state.cookies);
  await run(live.page, [[`as it is: ${theme}, ${viewport.width}`, async () => {
    await live.page.goto(`${base}/map`);
    await live.page.waitForSelector('.mapcanvas canvas');
    await live.page.getByText(BEACON).first().waitFor();
    await live.page.waitForTimeout(2_500);
    await live.page.screenshot({ path: name('live') });
    await live.page.keyboard.press('Space');
    await live.page.getByText(/\d+ wait/).first().waitFor();
    await live.page.screenshot({ path: name('paused') });
  }]]);
  await live.browser.close();
  const quiet = await open(viewport, theme, WEBGL);
  await quiet.context.addCookies(state.cookies);
  await quiet.page.addInitScript(silence);
  await run(quiet.page, [
    [`nothing there, and why: ${theme}`, async () => {
      await quiet.page.goto(`${base}/map`);
      await quiet.page.getByText('Nothing detected in 30 minutes').waitFor();
      await quiet.page.waitForSelector('.mapcanvas canvas');
      await quiet.page.screenshot({ path: name('empty') });
    }],
    [`a silent server is said to be one: ${theme}`, async () => {
      await quiet.page.getByText(/The map is stale: nothing has come for/).waitFor({ timeout: 15_000 });
      await quiet.page.screenshot({ path: name('stale') });
    }],
  ]);
  await quiet.browser.close();
}
