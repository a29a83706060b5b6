// Services: found at once, standing as they stand now, each with whom it pages and what lies around it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes, type Page } from './support/browser';
import { Hub } from './support/hub';
import { HOSTILE, SmallCatalog } from './support/small';

let hub: Hub;
let eyes: Eyes;

before(async () => {
  hub = await Hub.start();
  eyes = await Eyes.open(hub);
});

after(async () => {
  await eyes.close();
  await hub.stop();
});

const rows = (page: Page) => page.getByRole('region', { name: 'Services' }).getByRole('listitem');
const row = (page: Page, name: string) =>
  rows(page).filter({ has: page.locator(`[data-service="${name}"]`) });
const node = (page: Page, name: string) => page.locator(`[data-node="${name}"]`);
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test('every service is there: whose it is, how it stands, who is called for it', async () => {
  const page = await eyes.page('/services');
  await row(page, 'payments-api').waitFor();
  assert.equal(await rows(page).count(), 46);
  await page.getByText('46 of 46 without').waitFor();
  const duty = await hub.get('/api/v1/services/payments-api');
  const shown = (await row(page, 'payments-api').textContent()) ?? '';
  const person = duty.on_call[0] === 'dana' ? 'you' : duty.on_call[0];
  assert.match(shown, /fine/);
  assert.match(shown, /team payments/);
  assert.match(shown, new RegExp(`on call ${person}`));
});

test('what is shown lives in the address, and is found by words, team and tier', async () => {
  const page = await eyes.page('/services');
  await row(page, 'ledger').waitFor();
  await page.keyboard.press('f');
  await page.keyboard.type('payments cent');
  await row(page, 'portal').waitFor({ state: 'detached' });
  assert.equal(await rows(page).count(), 1);
  await row(page, 'ledger').waitFor();
  assert.match(page.url(), /q=payments(\+|%20)cent/);
  await page.reload();
  await row(page, 'ledger').waitFor();
  assert.equal(await rows(page).count(), 1);
  await page.getByLabel('Search services').fill('');
  await page.getByRole('combobox', { name: 'Team' }).selectOption('payments');
  await page.getByRole('button', { name: 'Tier 1' }).click();
  await page.waitForURL(/team=payments&tier=1/);
  await page.getByRole('status').getByText('2 of 46 services').waitFor();
  await page.getByLabel('Search services').fill('no such thing');
  await page.getByText('No service fits').waitFor();
  await page.getByRole('link', { name: 'Show all 46' }).click();
  await row(page, 'portal').waitFor();
  await page.getByRole('button', { name: 'Order by tier' }).click();
  const first = (await rows(page).first().textContent()) ?? '';
  assert.match(first, /tier 1/);
});

test('an incident shows without a reload and moves nothing; those in trouble are one key away', async () => {
  const page = await eyes.page('/services');
  await row(page, 'dns').waitFor();
  const before = await page.locator('[data-service]').allTextContents();
  await hub.alert('dns', { name: 'DnsDown', summary: 'Names are not answered' });
  const found = await hub.caseOf('dns');
  await row(page, 'dns').getByText('sev1').waitFor();
  await row(page, 'dns').getByText('unacknowledged').waitFor();
  await page.getByText('1 service with incidents').waitFor();
  assert.deepEqual(await page.locator('[data-service]').allTextContents(), before, 'nothing moved');
  await page.keyboard.press('o');
  await row(page, 'portal').waitFor({ state: 'detached' });
  assert.equal(await rows(page).count(), 1);
  assert.match(page.url(), /open=true/);
  await row(page, 'dns').getByRole('link', { name: found.id }).click();
  await page.waitForURL(`**/cases/${found.id}`);
});

test('rows are gone through by key, and Enter opens one', async () => {
  const page = await eyes.page('/services?sort=state');
  await row(page, 'dns').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services/dns');
});

test('a service says who is paged for it and when, what it promises, and what became of its cases', async () => {
  const page = await eyes.page('/services/payments-api');
  const calls = page.getByRole('region', { name: 'Who is paged' });
  await calls.getByText('at once').waitFor();
  await calls.getByText('after 20 min').waitFor();
  await page.getByRole('region', { name: 'Objectives' }).getByText('99.9% over 30d').waitFor();
  await page.getByRole('region', { name: 'Who must know' }).getByText('finance-leadership').waitFor();
  await page.getByRole('region', { name: 'Readiness' }).getByText('ready').waitFor();
  await page.getByRole('region', { name: 'Past cases' }).getByText('None so far').waitFor();
  await hub.alert('payments-api', { summary: '5xx above 20 %' });
  const found = await hub.caseOf('payments-api');
  const open = page.getByRole('region', { name: 'Open cases' });
  await open.getByText('5xx above 20 %').waitFor();
  await node(page, 'payments-api').getByText('sev1').waitFor();
  const dana = await hub.token('person', 'dana');
  await hub.post(`/api/v1/cases/${found.id}/resolve`, {}, dana);
  await open.waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'Past cases' }).getByText(found.id).waitFor();
});

test('what it needs stands left and who needs it right; arrows walk, Enter follows', async () => {
  const page = await eyes.page('/services/payments-api');
  await node(page, 'portal').waitFor();
  const x = async (name: string): Promise<number> => (await node(page, name).boundingBox())?.x ?? NaN;
  const middle = await x('payments-api');
  for (const name of ['ledger', 'card-gateway', 'fraud-score']) assert.ok((await x(name)) < middle, name);
  for (const name of ['licences', 'ferry-tickets', 'certificates']) assert.ok((await x(name)) > middle, name);
  const edges = page.locator('figure svg path.edge');
  assert.equal(await page.locator('figure svg path.edge.soft').count(), 6, 'five of its own, one beside it');
  assert.ok((await edges.count()) >= 9);
  assert.match((await node(page, 'ledger').textContent()) ?? '', /needed by payments-api/);
  await node(page, 'payments-api').focus();
  await page.keyboard.press('ArrowLeft');
  const left = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['node']);
  assert.ok(['ledger', 'card-gateway', 'fraud-score'].includes(left ?? ''), left);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  const right = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['node']);
  assert.ok(right && (await x(right)) > middle, right);
  assert.equal(await page.locator('[data-node][tabindex="0"]').count(), 1, 'one stop for the tab key');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/services/${right}`);
});

test('the same is a list by one key, and one step further is in the address', async () => {
  const page = await eyes.page('/services/payments-api');
  await node(page, 'portal').waitFor();
  const before = await page.locator('[data-node]').count();
  await page.getByRole('button', { name: 'one step further' }).click();
  await page.waitForURL(/steps=2/);
  await page.waitForFunction((count) => document.querySelectorAll('[data-node]').length > count, before);
  await page.keyboard.press('v');
  const list = page.getByRole('group', { name: 'What payments-api needs and who needs it' });
  await list.getByRole('heading', { name: 'Who needs it' }).waitFor();
  await list.getByText('needed by payments-api (soft)').first().waitFor();
  await axe(page);
});

test('three steps each way fit a desk, and nothing is scrolled to sideways', async () => {
  const page = await eyes.page('/services/payments-api?steps=3');
  const picture = page.locator('figure:has([data-node])').first();
  await picture.locator('[data-node]').nth(12).waitFor();
  const widths = await picture.locator('.scroll').evaluate((one) => [one.scrollWidth, one.clientWidth]);
  assert.ok(widths[0]! <= widths[1]!, `${widths[0]} in ${widths[1]}`);
});

test('a thing changes its state in the picture and stays where it is', async () => {
  const page = await eyes.page('/services/payments-api');
  await node(page, 'licences').waitFor();
  const box = await node(page, 'licences').boundingBox();
  await hub.alert('licences', { name: 'Slow', severity: 'warning', summary: 'Slow' });
  await node(page, 'licences').getByText('sev3').waitFor();
  assert.deepEqual(await node(page, 'licences').boundingBox(), box);
});

test('a service that there is not is told so', async () => {
  const page = await eyes.page('/services/no-such');
  await page.getByText('The catalog has no service no-such').waitFor();
  await axe(page);
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const list = await eyes.page('/services', { theme, size });
      await row(list, 'workplace').waitFor();
      await axe(list);
      assert.equal(await tooWide(list), false, `list, ${size}`);
      const one = await eyes.page('/services/dns', { theme, size });
      await one.getByRole('region', { name: 'Open cases' }).waitFor();
      await one.getByRole('region', { name: 'Dependencies' }).getByText('core-network').first().waitFor();
      await axe(one);
      assert.equal(await tooWide(one), false, `one, ${size}`);
    }
  }
});

test('text of strangers is text, a link goes to the web only, and readiness says what is missing', async () => {
  const catalog = new SmallCatalog();
  const small = await Hub.start(catalog.folder);
  const other = await Eyes.open(small);
  try {
    const page = await other.page('/services');
    await row(page, 'front').getByText(HOSTILE).waitFor();
    await page.goto('/services/front');
    await page.getByText(HOSTILE).waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.equal(await page.locator('main a[href^="javascript"]').count(), 0);
    assert.equal(await page.title(), 'front · Wheelhouse');
    const book = page.getByRole('region', { name: 'Runbooks' }).getByRole('link');
    assert.equal(await book.getAttribute('href'), 'https://runbooks.example.org/front/down.md');
    assert.match((await book.getAttribute('rel')) ?? '', /noopener noreferrer nofollow/);
    await page.goto('/services/mail');
    const ready = page.getByRole('region', { name: 'Readiness' });
    await ready.getByText('team `guests` has no escalation').waitFor();
    await ready.getByText('ops/all.yaml').waitFor();
    await axe(page);
  } finally {
    await other.close();
    await small.stop();
    catalog.remove();
  }
});

test('when the hub is gone the page keeps what it has, and says since when that is old', async () => {
  const page = await eyes.page('/services');
  await row(page, 'dns').waitFor();
  await hub.kill();
  await page
    .locator('[data-live]')
    .filter({ hasText: /old since/ })
    .waitFor();
  assert.equal(await rows(page).count(), 46);
  await hub.up();
  await page.locator('[data-live="live"]').waitFor({ timeout: 15_000 });
});
