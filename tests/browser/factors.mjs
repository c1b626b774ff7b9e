// A second factor is set up, asked for and removed; the identity provider lets somebody in, who goes to another organization.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { artefacts, axe, base, check, link, open, run } from './browser.mjs';

const desk = await open({ width: 1440, height: 900 }, 'dark');
const guest = await open({ width: 1440, height: 900 }, 'dark');
const bo = desk.page, cy = guest.page;
const shot = (page, name) => page.screenshot({ path: `${artefacts}/factors-${name}.png` });
const accessible = async (page) => {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 200)}`);
  check(serious.length === 0, serious.join('; '));
};
const row = (page, text) => page.locator('.list .tr', { hasText: text });

/** An authenticator app: RFC 6238. */
const code = (secret, steps) => {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
};
const password = 'correct horse battery';
const signIn = async () => {
  await bo.goto(`${base}/sign-in`);
  await bo.getByLabel('E-mail').fill('bo@x.org');
  await bo.getByLabel('Password').fill(password);
  await bo.getByRole('button', { name: 'Sign in', exact: true }).click();
};
const comeIn = async (typed) => {
  await bo.getByLabel('Code of your authenticator app').fill(typed);
  await bo.getByRole('button', { name: 'Sign in', exact: true }).click();
};
const inside = () => bo.locator('.person-name', { hasText: 'Bo Analyst' }).waitFor();
const signOut = async () => {
  await bo.locator('.person-name').click();
  await bo.getByRole('button', { name: 'Sign out' }).click();
  await bo.waitForURL(/\/sign-in/);
};

let secret, recovery;
await run(bo, [
  ['a second factor is set up', async () => {
    await signIn();
    await inside();
    await bo.goto(`${base}/settings?part=account`);
    const form = bo.getByRole('form', { name: 'Second factor' });
    await form.getByLabel('Your password').fill('not the password');
    await form.getByRole('button', { name: 'Set it up' }).click();
    await bo.getByText('The password is wrong').waitFor();
    await form.getByLabel('Your password').fill(password);
    await accessible(bo);
    await shot(bo, 'begin-dark-1440');
    await form.getByRole('button', { name: 'Set it up' }).click();
    secret = (await bo.locator('.shown-once').innerText()).trim();
    check(/^[A-Z2-7]{32}$/.test(secret), secret);
    const picture = bo.getByAltText('The secret as a QR code');
    check(await picture.evaluate((image) => image.complete && image.naturalWidth >= 200), 'no picture');
    await accessible(bo);
    await shot(bo, 'offer-dark-1440');
    await bo.getByLabel('Code that the app shows').fill('000000');
    await bo.getByRole('button', { name: 'Turn it on' }).click();
    await bo.getByText('The code is wrong').waitFor();
    await bo.getByLabel('Code that the app shows').fill(code(secret, -1));
    await bo.getByRole('button', { name: 'Turn it on' }).click();
    await bo.getByText('Your recovery codes').waitFor();
    recovery = (await bo.locator('.shown-once').innerText()).trim().split(/\s+/);
    check(recovery.length === 10, recovery.join());
    await accessible(bo);
    await shot(bo, 'codes-dark-1440');
    await bo.getByRole('button', { name: 'I have kept them' }).click();
    await bo.getByText('10 recovery codes are left').waitFor();
  }],
  ['it is asked for, and only after the right password', async () => {
    await signOut();
    await signIn();
    await bo.getByLabel('Code of your authenticator app').waitFor();
    await accessible(bo);
    await shot(bo, 'asked-dark-1440');
    await comeIn('000000');
    await bo.getByText('the password or the code is wrong').waitFor();
    await comeIn(code(secret, 0));
    await inside();
  }],
  ['a recovery code stands in', async () => {
    await signOut();
    await signIn();
    await comeIn(recovery[0].toLowerCase());
    await inside();
    await bo.goto(`${base}/settings?part=account`);
    await bo.getByText('9 recovery codes are left').waitFor();
    await accessible(bo);
    await shot(bo, 'on-dark-1440');
  }],
  ['it is removed', async () => {
    const form = bo.getByRole('form', { name: 'Second factor' });
    await form.getByLabel('Your password').fill(password);
    await form.getByLabel('Code of the app').fill(recovery[1]);
    await form.getByRole('button', { name: 'Remove it' }).click();
    await bo.getByText('Your sign-in asks for the password alone.').first().waitFor();
    await signOut();
    await signIn();
    await inside();
  }],
]);
await run(cy, [
  ['the identity provider lets somebody in', async () => {
    await cy.goto(`${base}/sign-in?next=/alerts`);
    await cy.getByRole('button', { name: 'Sign in with Acme SSO' }).waitFor();
    await accessible(cy);
    await shot(cy, 'sign-in-dark-1440');
    await cy.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
    await cy.waitForURL(`${base}/alerts`);
    await cy.locator('.person-name', { hasText: 'Cy Provided' }).waitFor();
  }],
  ['their organizations are counted, and one leads to the other', async () => {
    await cy.locator('.topbar .tenant').click();
    await row(cy, 'Beta Works').getByText('viewer').waitFor();
    await accessible(cy);
    await shot(cy, 'organizations-dark-1440');
    // They begin in whichever is first by its id.
    const here = await row(cy, 'You are here').locator('.title').innerText();
    const there = here === 'Beta Works' ? 'Default' : 'Beta Works';
    await row(cy, there).getByRole('button', { name: 'Go there' }).click();
    await cy.waitForFunction((name) => document.querySelector('.topbar .tenant')?.textContent === name, there);
    const { tenant_name: tenant } = await cy.evaluate(async () => (await fetch('/api/v1/me')).json());
    check(tenant === there, tenant);
  }],
  ['why the provider let nobody in is said', async () => {
    await cy.goto(`${base}/sign-in?refused=no_organization`);
    await cy.getByText('None of your groups has a role here').waitFor();
    await accessible(cy);
    await shot(cy, 'refused-dark-1440');
  }],
  ['nothing was wrong on the way', async () => {
    const wrong = [...desk.errors, ...guest.errors].filter((error) => !error.includes('Failed to load resource'));
    check(wrong.length === 0, wrong.join('\n'));
  }],
]);
await desk.browser.close();
await guest.browser.close();

const light = await open({ width: 1920, height: 1080 }, 'light');
await run(light.page, [
  ['an administrator sees who has a factor and who came by a group; in light', async () => {
    await light.page.goto(link);
    await light.page.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    await light.page.goto(`${base}/settings?part=people`);
    await row(light.page, 'Cy Provided').getByText('by group').waitFor();
    await accessible(light.page);
    await shot(light.page, 'people-light-1920');
    await light.page.goto(`${base}/settings?part=keys`);
    await light.page.getByLabel('Name', { exact: true }).fill('soar');
    await light.page.getByLabel('Sending telemetry').uncheck();
    await light.page.getByLabel('Reading alerts').check();
    await light.page.getByRole('button', { name: '90 days' }).click();
    await light.page.getByRole('button', { name: 'Make the key' }).click();
    await row(light.page, 'Reading alerts').getByText('In 89 days').or(row(light.page, 'soar').getByText('In 90 days')).first().waitFor();
    await accessible(light.page);
    await shot(light.page, 'keys-light-1920');
    await light.page.goto(`${base}/settings?part=account`);
    await light.page.getByRole('form', { name: 'Second factor' }).waitFor();
    await shot(light.page, 'account-light-1920');
    await light.page.getByRole('tab', { name: 'Organizations', exact: true }).click();
    await light.page.getByLabel('Name', { exact: true }).fill('Gamma Steel AG');
    check(await light.page.getByLabel('Id, which stays').inputValue() === 'gamma-steel-ag', 'no id of the name');
    await light.page.getByLabel('E-mail of its owner').fill('gil@gamma.example');
    await accessible(light.page);
    await light.page.getByRole('button', { name: 'Make it' }).click();
    const invitation = await light.page.locator('.shown-once').innerText();
    await row(light.page, 'Gamma Steel AG').getByText('Active').waitFor();
    await row(light.page, 'Beta Works').getByRole('button', { name: 'Suspend' }).click();
    await row(light.page, 'Beta Works').getByRole('button', { name: 'Suspend it' }).click();
    await row(light.page, 'Beta Works').getByText('Suspended').waitFor();
    await accessible(light.page);
    await shot(light.page, 'hosted-light-1920');
    const gil = await (await light.browser.newContext()).newPage();
    await gil.goto(invitation);
    await gil.getByText('As owner of Gamma Steel AG').waitFor();
    check(light.errors.length === 0, light.errors.join('\n'));
  }],
]);
await light.browser.close();
