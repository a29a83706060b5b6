// Drills: started here, played by the hub, watched live; passed or failed, with what happened.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes, type Page } from './support/browser';
import { Hub } from './support/hub';
import { HOSTILE, SmallCatalog } from './support/small';

let catalog: SmallCatalog;
let hub: Hub;
let eyes: Eyes;

before(async () => {
  catalog = new SmallCatalog();
  hub = await Hub.start(catalog.folder);
  eyes = await Eyes.open(hub);
});

after(async () => {
  await eyes.close();
  await hub.stop();
  catalog.remove();
});

const verdict = (page: Page, word: string) => page.locator(`[data-verdict="${word}"]`);
const expectations = (page: Page) => page.getByRole('region', { name: 'Expectations' });
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

async function start(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  await page.keyboard.press('r');
  await page.getByRole('dialog').getByRole('button', { name: 'Run the drill' }).click();
  await verdict(page, 'running').waitFor();
}

test('drills are listed with what they play on, and that none was held yet', async () => {
  const page = await eyes.page('/drills');
  await page.getByText('0 of 2 held').waitFor();
  const short = page.getByRole('listitem').filter({ hasText: 'short' });
  await short.getByText('never held').waitFor();
  await short.getByText('front', { exact: true }).waitFor();
  await axe(page);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/drills/short');
  await page.getByRole('region', { name: 'Signals' }).getByText('+0:05').waitFor();
  await expectations(page).getByText('schedule crew is paged because of front within 15 s').waitFor();
});

test('before one is run it says whom that pages; without a yes nothing happens', async () => {
  const page = await eyes.page('/drills/short');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Whoever it pages and tells is real').waitFor();
  await dialog.getByText('on call: dana').waitFor();
  await axe(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual((await hub.get('/api/v1/drill-runs')).items, []);
});

test('a drill runs, is watched as it goes by everybody, passes, and its transcript stays', async () => {
  const watching = await eyes.page('/drills/short', { as: 'nadia' });
  await expectations(watching).waitFor();
  const page = await eyes.page('/drills/short');
  await start(page);
  await verdict(watching, 'running').waitFor();
  await page.getByText(/next signal in/).waitFor();
  const happened = page.getByRole('region', { name: 'Transcript' });
  await happened.getByText(HOSTILE).first().waitFor();
  await happened.getByText(/paged dana/).waitFor();
  await expectations(page).getByText('not yet').first().waitFor();
  await expectations(page)
    .getByRole('listitem')
    .filter({ hasText: 'opens' })
    .getByText('met', { exact: true })
    .waitFor();
  await verdict(page, 'passed').waitFor({ timeout: 30_000 });
  await page.getByText('all 3 expectations met').waitFor();
  await happened.getByText('signal', { exact: false }).nth(1).waitFor();
  await verdict(watching, 'passed').waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.equal(await page.title(), 'short · Wheelhouse');
  await axe(page);
  const runs = page.getByRole('region', { name: 'Runs' });
  await runs.getByText('passed').waitFor();
  await page.goto('/drills');
  await page.getByRole('listitem').filter({ hasText: 'short' }).getByText('passed').waitFor();
  await page.goto('/drills/short?run=1');
  await verdict(page, 'passed').waitFor();
  await page
    .getByRole('region', { name: 'Transcript' })
    .getByText(/paged dana/)
    .waitFor();
});

test('what was expected and did not happen fails it, and says which', async () => {
  const page = await eyes.page('/drills/too-much');
  await start(page);
  await expectations(page).getByText('holds so far').first().waitFor();
  await axe(page);
  await verdict(page, 'failed').waitFor({ timeout: 45_000 });
  await page.getByText('1 of 3 expectations missed').waitFor();
  const missed = expectations(page).getByRole('listitem').filter({ hasText: 'team guests is told' });
  await missed.getByText('missed').waitFor();
  await missed.getByText('it did not happen').waitFor();
});

test('a run is stopped by a key and a yes, and nothing of it goes on', async () => {
  const page = await eyes.page('/drills/short');
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  await start(page);
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  await page.keyboard.press('s');
  const doubt = page.getByRole('dialog', { name: 'Stop short?' });
  await doubt.getByRole('button', { name: 'Go on with it' }).click();
  await doubt.waitFor({ state: 'detached' });
  await verdict(page, 'running').waitFor();
  await page.keyboard.press('s');
  await axe(page);
  await doubt.getByRole('button', { name: 'Stop the drill' }).click();
  await verdict(page, 'stopped').waitFor();
  await page.getByText('not judged').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  await page.getByRole('region', { name: 'Runs' }).getByText('stopped').waitFor();
});

test('a drill that there is not is told so', async () => {
  const page = await eyes.page('/drills/no-such');
  await page.getByText('The catalog has no drill no-such').waitFor();
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const list = await eyes.page('/drills', { theme, size });
      await list.getByText('2 of 2 held').or(list.getByText('2 of 2 held, 1 failed last time')).waitFor();
      await axe(list);
      assert.equal(await tooWide(list), false, `list, ${size}`);
      const one = await eyes.page('/drills/too-much', { theme, size });
      await verdict(one, 'failed').waitFor();
      await one.getByRole('region', { name: 'Transcript' }).getByRole('listitem').first().waitFor();
      await axe(one);
      assert.equal(await tooWide(one), false, `one, ${size}`);
    }
  }
});
