// The inventory: an administrator brings tables from files, a bad one is refused with its row, what is there goes home as CSV.
import { readFileSync } from 'node:fs';
import { artefacts, axe, base, check, link, open, run } from './browser.mjs';

const GOOD = 'name,addresses,criticality,owner,site\r\n'
  + 'srv-db-01,10.20.0.5 10.20.0.6,extreme_impact,Dana Base,Hamburg\r\n'
  + '"printers, floor 2",10.20.7.0/24,low_impact,,Hamburg\r\n'
  + 'ws-0417,10.10.0.17,,,Jakarta\r\n';
const BAD = 'name,addresses\r\nsrv-db-01,10.20.0.5\r\nsrv-db-02,10.20.0.999\r\n';
const PEOPLE = JSON.stringify([{ name: 'CORP\\dbase', full_name: 'Dana Base', privileged: true }]);

const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

const first = await open({ width: 1440, height: 900 }, 'dark');
const { page } = first;
const rows = () => page.locator('.list .tr');
const choose = async (name, text) => {
  await page.setInputFiles('input[type=file]', file(name, text));
  await page.getByText(`${name} has`).waitFor();
};
const serious = async () => {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 120)}`);
  check(found.length === 0, found.join('; '));
};

await run(page, [
  ['an empty table says what a file has to hold', async () => {
    await page.goto(link);
    await page.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    await page.goto(`${base}/inventory`);
    await page.getByText('No assets yet').waitFor();
    await page.getByText('name, addresses, criticality, owner, role, site').waitFor();
    await serious();
    await page.screenshot({ path: `${artefacts}/inventory-empty-dark-1440.png` });
  }],
  ['a file of another kind is not sent', async () => {
    await page.setInputFiles('input[type=file]', file('assets.xlsx', 'PK'));
    await page.getByText('assets.xlsx is neither .csv nor .json. Nothing was changed.').waitFor();
  }],
  ['a bad row is named, and nothing changes', async () => {
    await choose('bad.csv', BAD);
    await page.getByRole('button', { name: 'Replace the table' }).click();
    const why = page.getByRole('alert').filter({ hasText: 'Nothing was changed' });
    await why.getByText(/10\.20\.0\.999/).waitFor();
    check(/row 2/i.test(await why.innerText()), await why.innerText());
    await page.screenshot({ path: `${artefacts}/inventory-refused.png` });
    await page.getByText('No assets yet').waitFor();
    return await why.innerText();
  }],
  ['a good file is in force and shown', async () => {
    await choose('assets.csv', GOOD);
    await page.getByRole('button', { name: 'Replace the table' }).click();
    await page.getByText('3 assets in force').waitFor();
    await page.getByText('srv-db-01').first().waitFor();
    check((await rows().count()) === 3, `${await rows().count()} rows`);
    await serious();
    await page.screenshot({ path: `${artefacts}/inventory-dark-1440.png` });
  }],
  ['words narrow it', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('hamburg low');
    await page.waitForFunction(() => document.querySelectorAll('.list .tr').length === 1);
    await page.getByText('printers, floor 2').first().waitFor();
    await page.getByLabel('Find a row').fill('nowhere');
    await page.getByText('Nothing fits these words').waitFor();
    await page.getByLabel('Find a row').fill('');
  }],
  ['it goes home as a file that could come back', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as CSV' }).click()]);
    check(download.suggestedFilename() === 'assets.csv', download.suggestedFilename());
    const text = readFileSync(await download.path(), 'utf8');
    check(text.includes('"printers, floor 2",10.20.7.0/24,low_impact,,,Hamburg\r\n'), text);
    await choose('assets.csv', text);
    await page.getByText('The 3 assets that there are now go.').waitFor();
    await page.getByRole('button', { name: 'Keep what is there' }).click();
  }],
  ['people come as JSON too', async () => {
    await page.getByRole('tab', { name: 'People' }).click();
    await page.getByText('No accounts yet').waitFor();
    await choose('people.json', PEOPLE);
    await page.getByRole('button', { name: 'Replace the table' }).click();
    await page.getByText('1 account in force').waitFor();
    await page.getByText('CORP\\dbase').first().waitFor();
    check(page.url().endsWith('?table=people'), page.url());
  }],
  ['nothing was wrong on the way', async () => {
    // The refusal of the bad row is the server's 4xx, which browsers log.
    const wrong = first.errors.filter((error) => !error.includes('Failed to load resource'));
    check(wrong.length === 0, wrong.join('\n'));
  }],
]);
const state = await first.context.storageState();
await first.browser.close();

const light = await open({ width: 1920, height: 1080 }, 'light');
await light.context.addCookies(state.cookies);
await run(light.page, [
  ['in light', async () => {
    await light.page.goto(`${base}/inventory`);
    await light.page.getByText('srv-db-01').first().waitFor();
    await light.page.screenshot({ path: `${artefacts}/inventory-light-1920.png` });
    check(light.errors.length === 0, light.errors.join('\n'));
  }],
]);
await light.browser.close();
