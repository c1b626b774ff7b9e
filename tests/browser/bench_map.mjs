// The map measured in a browser without a graphics card: what a picture of so many arcs costs, ours beside MapLibre's own lines;
// how long an event takes to be on the glass; whether memory stays flat. What is found is the last line, as JSON.
import { writeFileSync } from 'node:fs';
import { base, check, link, open } from './browser.mjs';
import { cpuMs, heap, pssMib } from './processes.mjs';

const WEBGL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const options = JSON.parse(process.env.OPTIONS);
const VIEWPORT = { width: 1440, height: 900 };
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1_000));

/** The same arcs for both, spread as attackers are: over the world, at a dozen sites. */
function arcs(count) {
  let state = 7;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const sites = Array.from({ length: 12 }, () => [random() * 240 - 120, random() * 90 - 35]);
  return Array.from({ length: count }, (_, id) => ({
    id: id + 1, from: [random() * 340 - 170, random() * 110 - 50], to: sites[id % sites.length],
    severity: ['low', 'medium', 'high', 'critical'][id % 4], begins: random(),
  }));
}

/** In the page: a stream that tells of these arcs, each hit once in three seconds, ten times a second. */
function play(arcs) {
  const Real = window.EventSource;
  const place = ([longitude, latitude], name) => ({ name, longitude, latitude });
  const now = () => new Date().toISOString();
  const zero = [0, 0, 0, 0];
  const counts = () => ({ minute: zero, hour: zero, day: zero, since: now() });
  class Played extends EventTarget {
    constructor() {
      super();
      this.readyState = 1;
      const say = (event, data) => this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify({ event, data }) }));
      const flows = arcs.map((arc) => ({
        id: arc.id, severity: arc.severity, rule: `Rule ${arc.id % 40}`, module: 'suricata', protocol: 'tcp',
        source: { address: `203.0.113.${arc.id % 250}`, place: place(arc.from, 'There') },
        destination: { address: '10.0.0.1', place: place(arc.to, 'Here') },
      }));
      setTimeout(() => {
        const hits = arcs.map(({ id }) => ({ flow: id, at: now(), count: 1 }));
        say('snapshot', { now: now(), since: now(), sites: [], flows, hits, counts: counts() });
        let next = 0, told = performance.now(), beats = 0;
        this.beat = setInterval(() => {
          const due = Math.min(Math.floor(((performance.now() - told) * arcs.length) / 3_000), 200);
          told = performance.now();
          const hits = Array.from({ length: due }, () => ({ flow: arcs[next++ % arcs.length].id, at: now(), count: 1 }));
          say('frame', { now: now(), hits, ...(++beats % 10 ? {} : { counts: counts() }) });
        }, 100);
      }, 200);
    }
    close() { clearInterval(this.beat); }
  }
  window.EventSource = function EventSource(url) { return String(url).includes('/map/live') ? new Played() : new Real(url); };
}

/** In the page: counts pictures, that is times at which something was drawn. */
function count() {
  const ask = window.requestAnimationFrame.bind(window);
  let last = -1;
  window.pictures = 0;
  window.requestAnimationFrame = (draw) => ask((at) => {
    if (at !== last) window.pictures += 1;
    last = at;
    draw(at);
  });
}

async function signedIn(browser) {
  await browser.page.goto(link);
  await browser.page.waitForFunction(() => !location.pathname.startsWith('/sign-in'), null, { timeout: 60_000 });
}

/** Pictures and CPU over a bounded time, the page being at it already. */
async function cost(page, read) {
  const before = await page.evaluate(read);
  const began = performance.now();
  const { sum: cpu, kinds } = await cpuMs(options.seconds);
  const seconds = (performance.now() - began) / 1_000;
  const after = await page.evaluate(read);
  const [drawn, frames] = after.map((n, at) => n - before[at]);
  const each = (ms) => ms / Math.max(drawn, 1);
  return {
    pictures_per_second: drawn / seconds, cpu_ms_per_picture: each(cpu), cpu_share: cpu / seconds / 1_000,
    frames_per_second: frames / seconds, cpu_ms_per_frame: cpu / Math.max(frames, 1),
    cpu_ms_by_process: Object.fromEntries(Object.entries(kinds).map(([kind, ms]) => [kind, each(ms)])),
  };
}

async function ours(state, all) {
  const { browser, context, page } = await open(VIEWPORT, 'dark', WEBGL, process.env.STILL ? 'reduce' : 'no-preference');
  await context.addCookies(state.cookies);
  await page.addInitScript(play, all);
  if (process.env.PATCH) await page.addInitScript({ path: process.env.PATCH });
  await page.addInitScript(count);
  await page.goto(`${base}/map`);
  await page.waitForSelector('.mapcanvas canvas.arcs');
  await pause(options.warm);
  const found = await cost(page, () => [window.pictures, window.pictures]);
  const box = await page.locator('.mapcanvas').boundingBox();
  if (process.env.ARTEFACTS) await page.screenshot({ path: `${process.env.ARTEFACTS}/bench-ours-${all.length}.png` });
  await browser.close();
  return { found, box };
}

/** In the page: the same arcs as lines of MapLibre, what flies given anew for each picture. */
async function lines([all, box]) {
  document.body.innerHTML = '<div id="map"></div>';
  // The console's policy lets no attribute of a style through.
  const { style } = document.getElementById('map');
  for (const [name, px] of [['left', 0], ['top', 0], ['width', box.width], ['height', box.height]]) style[name] = `${px}px`;
  style.position = 'absolute';
  await new Promise((done) => {
    const engine = Object.assign(document.createElement('script'), { type: 'module', src: '/atlas/engine.js', onload: done });
    document.body.append(engine);
  });
  const bent = ({ from: [x0, y0], to: [x1, y1] }) => {
    const pull = [(x0 + x1) / 2, (y0 + y1) / 2 + Math.abs(x1 - x0) * 0.22];
    return (share) => [[x0, pull[0], x1], [y0, pull[1], y1]].map(([a, b, c]) => (1 - share) ** 2 * a + 2 * share * (1 - share) * b + share ** 2 * c);
  };
  const ways = all.map((arc) => ({ ...arc, at: bent(arc), seconds: 1.1 + 1.8 * Math.sqrt(Math.hypot(arc.from[0] - arc.to[0], arc.from[1] - arc.to[1]) / 360) }));
  const line = (way, from, to, steps) => ({
    type: 'Feature', properties: { severity: way.severity },
    geometry: { type: 'LineString', coordinates: Array.from({ length: steps + 1 }, (_, i) => way.at(from + ((to - from) * i) / steps)) },
  });
  const collection = (features) => ({ type: 'FeatureCollection', features });
  const colour = ['match', ['get', 'severity'], 'low', '#7d8ca3', 'medium', '#d6b13c', 'high', '#e5793a', '#e5484d'];
  const outline = (id, kind, type, paint) => ({ id, source: 'world', type, filter: ['==', ['get', 'kind'], kind], paint });
  const map = new window.watchfloorBaseMap({
    container: 'map', center: [10, 26], zoom: Math.log2(Math.max(box.width, box.height) / 512), attributionControl: false, renderWorldCopies: false,
    style: {
      version: 8,
      sources: {
        world: { type: 'geojson', data: `${location.origin}/atlas/world-110m.json` },
        standing: { type: 'geojson', data: collection(ways.map((way) => line(way, 0, 1, 20))) },
        flying: { type: 'geojson', data: collection([]) },
      },
      layers: [
        { id: 'sea', type: 'background', paint: { 'background-color': '#0d1117' } },
        outline('land', 'country', 'fill', { 'fill-color': '#1b222c', 'fill-antialias': false }),
        outline('coast', 'coast', 'line', { 'line-color': '#39424e', 'line-width': 0.8 }),
        { id: 'standing', source: 'standing', type: 'line', paint: { 'line-color': colour, 'line-width': 1.1, 'line-opacity': 0.14 } },
        { id: 'flying', source: 'flying', type: 'line', paint: { 'line-color': colour, 'line-width': 2.4 } },
      ],
    },
  });
  await new Promise((done) => map.on('load', done));
  const began = performance.now();
  window.pictures = window.renders = 0;
  let waits = false;
  const step = () => {
    const now = (performance.now() - began) / 1_000;
    const under = ways.map((way) => [way, ((now + 3 * way.begins) % 3) / way.seconds]).filter(([, head]) => head < 1.16);
    waits = true;
    map.getSource('flying').setData(collection(under.map(([way, head]) => line(way, Math.max(head - 0.16, 0), Math.min(head, 1), 12))));
  };
  // A frame is whatever is drawn; a picture is one that shows what was given last.
  map.on('render', () => {
    window.renders += 1;
    if (!waits || !map.isSourceLoaded('flying')) return;
    waits = false;
    window.pictures += 1;
    requestAnimationFrame(step);
  });
  step();
}

async function theirs(state, all, box) {
  const { browser, context, page, errors } = await open(VIEWPORT, 'dark', WEBGL, 'no-preference');
  await context.addCookies(state.cookies);
  await page.goto(`${base}/pipeline`);
  await page.waitForSelector('h1', { state: 'attached' });
  await page.evaluate(lines, [all, box]);
  await pause(options.warm);
  const found = await cost(page, () => [window.pictures, window.renders]);
  if (process.env.ARTEFACTS) await page.screenshot({ path: `${process.env.ARTEFACTS}/bench-theirs-${all.length}.png` });
  await browser.close();
  check(found.pictures_per_second > 0, `MapLibre drew nothing: ${errors.join('\n')}`);
  return found;
}

async function drawing(state) {
  const rows = [];
  for (const number of options.arcs) {
    const all = arcs(number);
    const { found, box } = await ours(state, all);
    const lines = options.alone ? null : await theirs(state, all, box);
    const ratio = (key) => lines && lines[key] / found[key];
    const row = { arcs: number, ours: found, maplibre_lines: lines, cpu_ratio: ratio('cpu_ms_per_picture'), cpu_ratio_of_frames: ratio('cpu_ms_per_frame') };
    console.error(JSON.stringify(row));
    rows.push(row);
  }
  return rows;
}

/** In the page: when each hit of the stream came in, and when a picture with it was done: at the second frame after it came. */
function clocked() {
  const Real = window.EventSource;
  window.glass = [];
  window.EventSource = class extends Real {
    constructor(url) {
      super(url);
      if (!String(url).includes('/map/live')) return;
      this.addEventListener('frame', ({ data }) => {
        const { hits = [] } = JSON.parse(data).data;
        if (hits.length === 0) return;
        requestAnimationFrame(() => requestAnimationFrame(() => {
          const now = Date.now();
          for (const { at } of hits) window.glass.push(now - Date.parse(at));
        }));
      });
    }
  };
}

const percentile = (sorted, share) => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;

async function latency(state) {
  const { browser, context, page } = await open(VIEWPORT, 'dark', WEBGL, 'no-preference');
  await context.addCookies(state.cookies);
  await page.addInitScript(clocked);
  await page.addInitScript(count);
  await page.goto(`${base}/map`);
  await page.waitForSelector('.mapcanvas canvas.arcs');
  await pause(options.warm);
  await page.evaluate(() => { window.glass.length = 0; window.pictures = 0; });
  const { sum: cpu } = await cpuMs(options.seconds);
  const [taken, pictures] = await page.evaluate(() => [window.glass, window.pictures]);
  await browser.close();
  const sorted = taken.toSorted((a, b) => a - b);
  return {
    p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), samples: sorted.length,
    pictures_per_second: pictures / options.seconds, cpu_share: cpu / options.seconds / 1_000,
  };
}

/** Memory at points of the time while the server feeds the map. */
async function soak(state) {
  const { browser, context, page, errors } = await open(VIEWPORT, 'dark', WEBGL, 'no-preference');
  await context.addCookies(state.cookies);
  await page.addInitScript(count);
  await page.goto(`${base}/map`);
  await page.waitForSelector('.mapcanvas canvas.arcs');
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const points = [];
  const until = Date.now() + options.minutes * 60_000;
  const began = Date.now();
  while (Date.now() < until) {
    await pause(Math.min(options.every, (until - Date.now()) / 1_000));
    const shown = await page.evaluate(() => [window.pictures, document.querySelectorAll('.notice').length]);
    const point = { minute: (Date.now() - began) / 60_000, ...(await heap(session)), pss_mib: pssMib(), pictures: shown[0], notices: shown[1] };
    console.error(JSON.stringify(point));
    points.push(point);
  }
  if (process.env.ARTEFACTS) await page.screenshot({ path: `${process.env.ARTEFACTS}/soak-map.png` });
  await browser.close();
  return { points, errors };
}

/** A paired wall for so long, the middle third of it without a network: when it says so, and when it is back. */
async function wall() {
  const { browser, context, page, errors } = await open({ width: 1920, height: 1080 }, 'dark', WEBGL, 'no-preference');
  await context.addCookies([{ name: 'watchfloor_wall', value: options.credential, domain: new URL(base).hostname, path: '/api/v1/wall', httpOnly: true, sameSite: 'Strict' }]);
  await page.goto(link);
  await page.locator('.five').waitFor();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const network = (state) => writeFileSync(options.network, state);
  const began = Date.now(), points = [], third = (options.minutes * 60_000) / 3;
  const seen = async (until) => {
    while (Date.now() < until) {
      await pause(Math.max(Math.min(third / 8_000, (until - Date.now()) / 1_000), 0.1));
      const [state, scene] = await page.evaluate(() => [document.querySelector('.wall-end [role=status]')?.innerText, document.querySelector('.wall-title')?.innerText]);
      const point = { minute: (Date.now() - began) / 60_000, ...(await heap(session)), pss_mib: pssMib(), state, scene };
      console.error(JSON.stringify(point));
      points.push(point);
    }
  };
  await seen(began + third);
  const cut = Date.now();
  network('silent');
  await page.locator('.stale-band').waitFor({ timeout: 60_000 });
  const stale_after_ms = Date.now() - cut;
  // As a switch that was pulled: first silence, then nobody there.
  await seen(cut + third / 2);
  network('down');
  await seen(cut + third);
  const still_stale = await page.locator('.stale-band').isVisible();
  const up = Date.now();
  network('up');
  await page.locator('.stale-band').waitFor({ state: 'detached', timeout: 60_000 });
  const back_after_ms = Date.now() - up;
  await seen(began + 3 * third);
  if (process.env.ARTEFACTS) await page.screenshot({ path: `${process.env.ARTEFACTS}/soak-wall.png` });
  await browser.close();
  // What the cut network makes the browser say is expected.
  return { stale_after_ms, still_stale, back_after_ms, points, errors: errors.filter((error) => !/Failed to load resource|net::ERR/.test(error)) };
}

let state;
if (options.what !== 'wall') {
  const first = await open(VIEWPORT, 'dark');
  await signedIn(first);
  state = await first.context.storageState();
  await first.browser.close();
}
const found = await { drawing, latency, soak, wall }[options.what](state);
console.log(JSON.stringify(found));
