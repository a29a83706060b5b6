// Now: what is wrong stands there at once, stays where the hand is, can be taken by one key, and never
// looks newer than it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, setting, type Page } from './support/browser';
import { changesToScreen, share, words } from './support/pace';

const at = setting();

/** The row of a case in the list of open incidents. */
const row = (page: Page, id: string) =>
  page.getByRole('region', { name: 'Open incidents' }).getByRole('listitem').filter({ hasText: id });

/** Whether the page is wider than the window. */
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test('a quiet organisation is told that it is quiet, and what to do next', async () => {
  const page = await at.eyes.page('/');
  await page.getByText('All quiet').waitFor();
  assert.equal(await page.title(), 'Now · Wheelhouse');
  await page.getByText('46 of 46 services without incidents').waitFor();
  await page.getByText('No open incidents').waitFor();
  assert.ok((await page.getByRole('region', { name: 'On call now' }).getByRole('listitem').count()) > 5);
  await axe(page);
});

test('an incident is there without a reload: how bad, what, who was paged, who is next', async () => {
  const page = await at.eyes.page('/');
  await page.getByText('All quiet').waitFor();
  await at.hub.alert('payments-api', { summary: '5xx above 20 %' });
  const found = await at.hub.caseOf('payments-api');
  const shown = row(page, found.id);
  await shown.waitFor();
  await shown.getByText('sev1').waitFor();
  await shown.getByText('unacknowledged').waitFor();
  await shown.getByText(/paged \w+/).waitFor();
  await shown.getByText(/pages \w+/).waitFor();
  await shown.getByText(/affects \d+ teams? and \d+ audiences?/).waitFor();
  await page.getByText('1 incident that nobody has taken').waitFor();
  await page.getByText('45 of 46 services without incidents').waitFor();
  await shown.getByRole('link').first().click();
  await page.waitForURL(`**/cases/${found.id}`);
});

test('whoever was paged takes it by one key', async () => {
  const found = await at.hub.caseOf('payments-api');
  const person = found.paged.people[0];
  const page = await at.eyes.page('/', { as: person });
  const mine = page.getByRole('region', { name: 'Mine' });
  await mine.getByRole('button', { name: `Acknowledge ${found.id}` }).waitFor();
  assert.equal(await page.title(), '(1) Now · Wheelhouse');
  await axe(page);
  await page.keyboard.press('a');
  await page.getByText(`You have ${found.id}. Nobody else is paged for it.`).waitFor();
  await page.getByText('1 incident, in hands').waitFor();
  await row(page, found.id).getByText('you', { exact: true }).waitFor();
  assert.equal((await at.hub.get(`/api/v1/cases/${found.id}`)).owner, person);
});

test('new rows announce themselves while a hand is on the list, and come when asked for', async () => {
  const page = await at.eyes.page('/');
  const list = page.getByRole('region', { name: 'Open incidents' });
  const first = await at.hub.caseOf('payments-api');
  await row(page, first.id).hover();
  const before = await list.locator('[data-case]').allTextContents();
  await at.hub.alert('ledger', { name: 'LedgerDown', severity: 'critical', summary: 'The ledger is down' });
  const news = page.getByRole('button', { name: /1 new/ });
  await news.waitFor();
  assert.deepEqual(await list.locator('[data-case]').allTextContents(), before, 'nothing moved');
  await page.keyboard.press('.');
  const second = await at.hub.caseOf('ledger');
  await row(page, second.id).waitFor();
  await news.waitFor({ state: 'detached' });
  await page.mouse.move(5, 400);
});

test('rows are gone through by key, and Enter opens one', async () => {
  await at.hub.alert('waste-calendar', { name: 'CalendarStale', severity: 'warning' });
  await at.hub.caseOf('waste-calendar');
  const page = await at.eyes.page('/');
  await page.locator('main [data-case]').first().waitFor();
  const place = (): Promise<number> =>
    page.evaluate(() => {
      const stops = [...document.querySelectorAll('main [data-case]')].filter((stop) =>
        stop.checkVisibility(),
      );
      return stops.indexOf(document.activeElement!);
    });
  await page.keyboard.press('j');
  assert.equal(await place(), 0);
  await page.keyboard.press('j');
  assert.equal(await place(), 1);
  await page.keyboard.press('k');
  assert.equal(await place(), 0);
  const first = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['case']);
  await page.keyboard.press('u');
  await page.waitForURL(`**/cases/${first}?do=update`);
  await page.goto('/');
  await page.getByRole('region', { name: 'Mine' }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/cases/${first}`);
});

test('text of strangers is text: it runs nothing and is no link', async () => {
  const hostile =
    '<img src=x onerror="document.title=\'owned\'"><script>alert(1)</script> javascript:alert(2)';
  const page = await at.eyes.page('/');
  await page.locator('main [data-case]').first().waitFor();
  await at.hub.alert('tax-filing', { name: '"><svg onload=alert(3)>', summary: hostile });
  const found = await at.hub.caseOf('tax-filing');
  await row(page, found.id).getByText('<img src=x').waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.match(await page.title(), /Now · Wheelhouse$/);
  const links = await page
    .locator('main a')
    .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).protocol));
  assert.deepEqual([...new Set(links)], ['http:']);
});

test('drills stand apart and count for nothing', async () => {
  const page = await at.eyes.page('/');
  await page.getByText('services without incidents').waitFor();
  const words = await page.locator('[data-verdict]').textContent();
  const dana = await at.hub.token('person', 'dana');
  await at.hub.post('/api/v1/cases', { title: 'For exercise', service: 'portal', drill: true }, dana);
  const drills = page.getByRole('region', { name: 'Drills' });
  await drills.getByText('For exercise').waitFor();
  await drills.getByText('drill', { exact: true }).waitFor();
  assert.equal(await page.locator('[data-verdict]').textContent(), words);
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const page = await at.eyes.page('/', { theme, size });
      await page.locator('main [data-case]').first().waitFor();
      await page.getByText('entries in the record').waitFor();
      await axe(page);
      assert.equal(await tooWide(page), false, `${size}`);
      assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), theme);
    }
  }
});

test('on a phone the one next thing is as wide as the thumb reaches', async () => {
  const found = await at.hub.caseOf('tax-filing');
  const page = await at.eyes.page('/', { as: found.paged.people[0], size: 'phone' });
  const button = page.getByRole('button', { name: `Acknowledge ${found.id}` });
  const box = await button.boundingBox();
  assert.ok(box && box.width > 300 && box.height >= 44, JSON.stringify(box));
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Cases' }).tap();
  await page.waitForURL('**/cases');
});

test('the wall is read from afar: large, nothing to press, and it fits', async () => {
  for (const theme of ['light', 'dark'] as const) {
    const page = await at.eyes.page('/?wall', { theme, size: 'wall' });
    await page.getByRole('heading', { name: /untaken|in hands/ }).waitFor();
    await page.getByText('The ledger is down').waitFor();
    const smallest = await page
      .locator('main li *')
      .evaluateAll((all) =>
        Math.min(
          ...all
            .filter((one) =>
              [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
            )
            .map((one) => parseFloat(getComputedStyle(one).fontSize)),
        ),
      );
    assert.ok(smallest >= 2560 / 64, `${smallest} px of 2560`);
    assert.equal(await page.locator('main a, main button').count(), 0);
    assert.equal(await tooWide(page), false);
    await axe(page);
  }
});

test('a change is on the screen at once, also at fifty a second', async () => {
  await at.eyes.rest();
  const page = await at.eyes.page('/');
  await page.locator('main [data-case]').first().waitFor();
  // Each report of a service in trouble joins its case, whose row counts them.
  const took = await changesToScreen(at.hub, page, 'school-places', '(\\d+) signals fire');
  console.log(
    `50 changes/s: request to screen ${words(took.asked)}; answer to screen ${words(took.answered)}; n ${took.asked.length}`,
  );
  assert.ok(took.asked.length > 100 && share(took.asked, 0.5) < 2_000 && share(took.answered, 0.99) < 4_000);
});

test('when the hub is gone the page says since when it is old, and catches up by itself', async () => {
  const page = await at.eyes.page('/');
  const state = page.locator('[data-live]');
  const phone = await at.eyes.page('/', { size: 'phone', theme: 'dark' });
  await phone.locator('[data-live="live"]').waitFor();
  await page.locator('[data-live="live"]').waitFor();
  await at.hub.kill();
  await state.filter({ hasText: /old since \d\d:\d\d:\d\d/ }).waitFor();
  await phone.locator('[data-live]').filter({ hasText: 'old since' }).waitFor();
  assert.equal(await tooWide(phone), false);
  await axe(page);
  await axe(phone);
  const wall = await at.eyes.page('/?wall').catch(() => null);
  assert.equal(wall, null, 'nothing answers');
  await at.hub.up();
  await at.hub.alert('dns', { name: 'DnsDown', summary: 'Names are not answered' });
  const found = await at.hub.caseOf('dns');
  await page.getByText('Names are not answered').first().waitFor({ timeout: 15_000 });
  await page.locator('[data-live="live"]').waitFor();
  assert.equal(await state.filter({ hasText: 'old since' }).count(), 0);
  assert.ok(found.id);
});
