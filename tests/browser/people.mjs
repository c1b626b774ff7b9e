// Settings: somebody is invited, comes in by the link, gets another role and is removed; and all of it is in the audit log.
import { readFileSync } from 'node:fs';
import { artefacts, axe, base, check, link, open, run } from './browser.mjs';

const desk = await open({ width: 1440, height: 900 }, 'dark');
const guest = await open({ width: 1440, height: 900 }, 'dark');
const admin = desk.page, bo = guest.page;
const shot = (page, name) => page.screenshot({ path: `${artefacts}/people-${name}.png` });
const accessible = async (page) => {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 200)}`);
  check(serious.length === 0, serious.join('; '));
};
const part = (page, name) => page.getByRole('tab', { name }).click();
const row = (page, text) => page.locator('.list .tr', { hasText: text });

let invitation;
await run(admin, [
  ['an administrator invites somebody', async () => {
    await admin.goto(link);
    await admin.waitForFunction(() => !location.pathname.startsWith('/sign-in'));
    await admin.locator('nav').getByText('Settings').click();
    await row(admin, '(you)').waitFor();
    await admin.getByLabel('E-mail').fill('bo@example.org');
    await accessible(admin);
    await shot(admin, 'invite-dark-1440');
    await admin.getByRole('button', { name: 'Make the link' }).click();
    invitation = await admin.locator('.shown-once').innerText();
    check(invitation.startsWith(`${base}/invitation?token=`), invitation);
    await row(admin, 'bo@example.org').waitFor();
    await accessible(admin);
    await shot(admin, 'link-dark-1440');
  }],
  ['the link makes the account and opens the console, once', async () => {
    await bo.goto(invitation);
    await bo.getByText('As analyst of').waitFor();
    await accessible(bo);
    await shot(bo, 'invitation-dark-1440');
    await bo.getByLabel('Your name').fill('Bo Analyst');
    await bo.getByLabel('Password, 12 characters or more').fill('a long password of Bo');
    await bo.getByRole('button', { name: 'Join and open the console' }).click();
    await bo.locator('.person-name', { hasText: 'Bo Analyst' }).waitFor();
    const again = await guest.context.newPage();
    await again.goto(invitation);
    await again.getByText('This link opens nothing').waitFor();
    await shot(again, 'used-dark-1440');
    await again.close();
  }],
  ['who is no administrator sees their own account alone', async () => {
    await bo.goto(`${base}/settings?part=people`);
    await bo.getByText('This is for owners and administrators').waitFor();
    await bo.goto(`${base}/settings`);
    await row(bo, 'This one').waitFor();
    await bo.getByLabel('Current password').fill('a long password of Bo');
    await bo.getByLabel('New password, 12 characters or more').fill('another long password');
    await accessible(bo);
    await shot(bo, 'account-dark-1440');
    await bo.getByRole('button', { name: 'Change it' }).click();
    await bo.getByText('The new password counts').waitFor();
  }],
  ['another role counts at once', async () => {
    await admin.reload();
    await row(admin, 'Bo Analyst').getByRole('button', { name: 'Change' }).click();
    await admin.getByRole('button', { name: 'viewer', exact: true }).click();
    await shot(admin, 'change-dark-1440');
    await admin.getByRole('button', { name: 'Save' }).click();
    await admin.getByText('Bo Analyst is viewer from now on').waitFor();
    const { role } = await bo.evaluate(async () => (await fetch('/api/v1/me')).json());
    check(role === 'viewer', role);
  }],
  ['one owner stays', async () => {
    await row(admin, '(you)').getByRole('button', { name: 'Remove' }).click();
    await row(admin, '(you)').getByRole('button', { name: 'Remove for good' }).click();
    await admin.getByText('keeps one owner').waitFor();
  }],
  ['who is removed is out', async () => {
    await row(admin, 'Bo Analyst').getByRole('button', { name: 'Remove' }).click();
    await row(admin, 'Bo Analyst').getByRole('button', { name: 'Remove for good' }).click();
    await row(admin, 'Bo Analyst').waitFor({ state: 'detached' });
    await bo.goto(`${base}/alerts`);
    await bo.waitForURL(/\/sign-in/);
  }],
  ['a key is made, shown once, and revoked', async () => {
    await part(admin, 'Keys');
    await admin.getByLabel('Name', { exact: true }).fill('edge-collector');
    await accessible(admin);
    await admin.getByRole('button', { name: 'Make the key' }).click();
    const key = await admin.locator('.shown-once').innerText();
    check(/^wf_[0-9a-f]+_\S+$/.test(key), key);
    await row(admin, 'edge-collector').waitFor();
    await shot(admin, 'keys-dark-1440');
    await row(admin, 'edge-collector').getByRole('button', { name: 'Revoke' }).click();
    await row(admin, 'edge-collector').getByRole('button', { name: 'Revoke for good' }).click();
    await row(admin, 'edge-collector').waitFor({ state: 'detached' });
  }],
  ['all of it is in the audit log, which is whole', async () => {
    await part(admin, 'Audit log');
    for (const words of ['Removed somebody', 'Changed a role', 'Accepted an invitation', 'Invited somebody', 'Changed their password', 'Signed in by a link']) {
      await row(admin, words).first().waitFor();
    }
    await admin.getByRole('button', { name: 'Verify' }).click();
    await admin.getByText(/^Whole up to \d+$/).waitFor();
    await accessible(admin);
    await shot(admin, 'audit-dark-1440');
    await admin.getByLabel('Find entries').fill('bo@example.org');
    await row(admin, 'Signed in by a link').waitFor({ state: 'detached' });
    await row(admin, 'Invited somebody').waitFor();
    const download = admin.waitForEvent('download');
    await admin.getByRole('link', { name: 'Export' }).click();
    await (await download).saveAs(`${artefacts}/audit.ndjson`);
  }],
  ['nothing was wrong on the way', async () => {
    // Refusals are the server's 4xx, which browsers log.
    const wrong = [...desk.errors, ...guest.errors].filter((error) => !error.includes('Failed to load resource'));
    check(wrong.length === 0, wrong.join('\n'));
  }],
]);
const state = await desk.context.storageState();
await desk.browser.close();
await guest.browser.close();

const light = await open({ width: 1920, height: 1080 }, 'light');
await light.context.addCookies(state.cookies);
await run(light.page, [
  ['in light', async () => {
    await light.page.goto(`${base}/settings`);
    await row(light.page, '(you)').waitFor();
    await accessible(light.page);
    await shot(light.page, 'light-1920');
    await light.page.goto(`${base}/settings?part=audit`);
    await row(light.page, 'Removed somebody').waitFor();
    await shot(light.page, 'audit-light-1920');
    await light.page.goto(`${base}/settings?part=account`);
    await row(light.page, 'This one').waitFor();
    await shot(light.page, 'account-light-1920');
    check(light.errors.length === 0, light.errors.join('\n'));
  }],
]);
await light.browser.close();
