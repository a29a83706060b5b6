// On call: who is, now and next, for what; days in the viewer's zone; gaps loud, overrides named.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes, type Page } from './support/browser';
import { Hub } from './support/hub';
import { SmallCatalog } from './support/small';

let hub: Hub;
let eyes: Eyes;
let catalog: SmallCatalog;
let small: Hub;
let other: Eyes;

before(async () => {
  catalog = new SmallCatalog();
  [hub, small] = await Promise.all([Hub.start(), Hub.start(catalog.folder)]);
  [eyes, other] = await Promise.all([Eyes.open(hub), Eyes.open(small)]);
});

after(async () => {
  await eyes.close();
  await other.close();
  await hub.stop();
  await small.stop();
  catalog.remove();
});

const schedule = (page: Page, name: string) => page.locator(`[data-schedule="${name}"]`);
const shifts = (page: Page, name: string) =>
  page.getByRole('list', { name: `Shifts of ${name}` }).getByRole('listitem');
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
const date = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

test('every schedule says who has it now, until when, who is next and for what', async () => {
  const page = await eyes.page('/oncall', { as: 'grace' });
  await schedule(page, 'payments').waitFor();
  const all: { schedule: string; person: string; next_person: string }[] = (await hub.get('/api/v1/oncall'))
    .items;
  assert.equal(await page.locator('[data-schedule]').count(), all.length);
  for (const one of all.filter(({ person, next_person }) => person !== 'grace' && next_person !== 'grace')) {
    const shown = (await schedule(page, one.schedule).textContent()) ?? '';
    assert.match(shown, new RegExp(`${one.person}\\s+then ${one.next_person}`), one.schedule);
  }
  await schedule(page, 'payments').getByText('card-gateway, card-processor and').waitFor();
  const first = await page.locator('[data-schedule]').first().getAttribute('data-schedule');
  assert.equal(first, 'noc', 'one’s own come first');
});

test('a week is a calendar: shifts lie on their days, the line is now, arrows go on and back', async () => {
  const page = await eyes.page('/oncall');
  await shifts(page, 'noc').first().waitFor();
  assert.ok((await shifts(page, 'noc').count()) >= 14, 'half-day shifts');
  const line = page.locator('.lines .now');
  const [now, lane] = [
    await line.boundingBox(),
    await page.getByRole('list', { name: 'Shifts of noc', exact: true }).boundingBox(),
  ];
  assert.ok(now && lane);
  const share = (now.x + 1 - lane.x) / lane.width;
  const berlin = new Date(new Date().toLocaleString('en-US', { timeZone: 'Europe/Berlin' }));
  const day = ((berlin.getDay() + 6) % 7) + berlin.getHours() / 24 + berlin.getMinutes() / 1440;
  assert.ok(Math.abs(share - day / 7) < 0.01, `${share} of the week, expected ${day / 7}`);
  const title = await page.locator('.bar h2').textContent();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(/from=\d{4}-\d\d-\d\d/);
  assert.notEqual(await page.locator('.bar h2').textContent(), title);
  await line.waitFor({ state: 'detached' });
  await page.keyboard.press('m');
  await page.waitForURL(/span=weeks/);
  await page.keyboard.press('t');
  await line.waitFor();
  await page.keyboard.press('d');
  await page.locator('.bar h2').getByText(String(berlin.getFullYear())).waitFor();
  assert.equal(await page.locator('.head .day').count(), 8, 'a day in parts of three hours');
});

test('times are the viewer’s: the same hand-off is 09:00 in Berlin and 03:00 in New York', async () => {
  const at = { winter: '2026-12-01' };
  const berlin = await eyes.page(`/oncall?from=${at.winter}&view=list&team=payments`);
  const newYork = await eyes.page(`/oncall?from=${at.winter}&view=list&team=payments`, {
    zone: 'America/New_York',
  });
  for (const [page, hour] of [
    [berlin, '09:00'],
    [newYork, '03:00'],
  ] as const) {
    await schedule(page, 'payments').locator('summary').click();
    await schedule(page, 'payments')
      .locator('time')
      .filter({ hasText: `Mon 30 Nov ${hour}` })
      .first()
      .waitFor();
  }
  await newYork.getByText('Times in America/New_York').waitFor();
});

test('a day on which clocks change is as long as it is', async () => {
  const page = await eyes.page('/oncall?span=day&from=2027-03-28');
  await shifts(page, 'noc').first().waitFor();
  const places = await page
    .locator('.head .day')
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).style.left));
  const second = parseFloat(places[1] ?? '');
  assert.ok(Math.abs(second - (2 / 23) * 100) < 0.1, `two of 23 hours before 03:00, got ${second} %`);
});

test('a gap is loud and an override is named', async () => {
  const page = await other.page(`/oncall?from=${date(7)}&span=weeks`);
  await schedule(page, 'holes').waitFor();
  const alert = page.getByRole('alert');
  await alert.getByText('Nobody is on call now for later').waitFor();
  await alert.getByText('holes').waitFor();
  await shifts(page, 'holes').filter({ hasText: 'nobody' }).first().waitFor();
  await shifts(page, 'crew')
    .filter({ hasText: /nadia.*override/ })
    .first()
    .waitFor();
  await schedule(page, 'later').getByText('nobody').first().waitFor();
  await axe(page);
  await page.keyboard.press('v');
  await page.waitForURL(/view=list/);
  await schedule(page, 'crew').locator('summary').click();
  await schedule(page, 'crew').getByText('override').waitFor();
});

test('one sees one’s own shifts, what runs and what comes', async () => {
  const page = await other.page('/oncall');
  const mine = page.getByRole('region', { name: 'My shifts' });
  await mine.getByText(/now, .* left/).waitFor();
  await mine.getByText(/^in /).first().waitFor();
  await shifts(page, 'crew').filter({ hasText: 'you' }).first().waitFor();
  const stranger = await eyes.page('/oncall', { as: 'mira' });
  await stranger.getByText('None in the next 10 weeks').waitFor();
});

test('teams and one’s own are filtered, in the address', async () => {
  const page = await eyes.page('/oncall');
  await schedule(page, 'noc').waitFor();
  await page.getByRole('combobox', { name: 'Team' }).selectOption('payments');
  await schedule(page, 'noc').waitFor({ state: 'detached' });
  assert.equal(await page.locator('[data-schedule]').count(), 2);
  await page.getByRole('combobox', { name: 'Team' }).selectOption('waste');
  await page.getByRole('button', { name: 'mine' }).click();
  await page.waitForURL(/mine=true/);
  await page.getByText('No schedule fits').waitFor();
  await axe(page);
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const page = await eyes.page('/oncall', { theme, size });
      await schedule(page, 'waste').waitFor();
      if (size === 'phone') await page.locator('summary').first().tap();
      else await shifts(page, 'waste').first().waitFor();
      await axe(page);
      assert.equal(await tooWide(page), false, size);
    }
  }
});
