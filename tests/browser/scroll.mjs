// 100,000 alerts: every row in sight fills wherever one jumps; frame times are printed, not asserted. The screen's own rate is
// switched off, so that a frame's time is what it costs and not what is left until the next refresh.
import { base, check, link, open, run } from './browser.mjs';

const { browser, page } = await open({ width: 1440, height: 900 }, 'dark', ['--disable-frame-rate-limit', '--disable-gpu-vsync']);
await run(page, [
  ['signs in', async () => {
    await page.goto(link);
    await page.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
  }],
  ['the list knows all of them', async () => {
    await page.goto(`${base}/alerts?status=any&group=none&range=all`);
    await page.waitForSelector('.tr.cols-alerts .title');
    const rows = Number(await page.locator('.grid').getAttribute('aria-rowcount'));
    check(rows >= 100_000, `${rows} rows`);
    return `${rows} rows`;
  }],
  ['scrolling by three rows a frame', async () => {
    const times = await page.evaluate(async () => {
      const list = document.querySelector('.vlist');
      const frames = [];
      let last = performance.now();
      for (let i = 0; i < 300; i++) {
        list.scrollTop += 84;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        frames.push(now - last);
        last = now;
      }
      frames.sort((a, b) => a - b);
      return { mean: frames.reduce((a, b) => a + b) / frames.length, p95: frames[Math.floor(frames.length * 0.95)] };
    });
    return `mean ${times.mean.toFixed(1)} ms, p95 ${times.p95.toFixed(1)} ms per frame`;
  }],
  ['wherever one jumps, every row in sight fills', async () => {
    const waits = await page.evaluate(async () => {
      const list = document.querySelector('.vlist');
      const waits = [];
      for (const share of [0.13, 0.5, 0.77, 0.999, 0.02]) {
        list.scrollTop = list.scrollHeight * share;
        const from = performance.now();
        let filled = false;
        while (!filled && performance.now() - from < 10_000) {
          await new Promise(requestAnimationFrame);
          const box = list.getBoundingClientRect();
          const seen = [...list.querySelectorAll('.vlist-row')].filter((row) => {
            const at = row.getBoundingClientRect();
            return at.bottom > box.top && at.top < box.bottom;
          });
          filled = seen.length >= Math.floor(box.height / 36) && seen.every((row) => row.querySelector('.title'));
        }
        waits.push(filled ? Math.round(performance.now() - from) : -1);
      }
      return waits;
    });
    check(waits.every((wait) => wait >= 0), `rows stayed empty: ${waits}`);
    return `${waits.join(', ')} ms`;
  }],
]);
await browser.close();
