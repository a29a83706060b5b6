// Files on steps of a run for no case: pasted, dropped and chosen at the step; shown there; and none in a run for a case.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, type Eyes, type Page } from './support/browser';
import { base64, drop, paste, png } from './support/files';
import { type Hub, type Json } from './support/hub';
import { play } from './support/play';
import { SmallCatalog } from './support/small';

const catalog = new SmallCatalog({
  'look.md': '---\nowners: crew\n---\n# Look\n\n1. Look at the graphs.\n2. Tell the desk.\n',
});
let hub: Hub;
let eyes: Eyes;

play(catalog, (at) => ({ hub, eyes } = at));

async function start(how: Record<string, unknown> = {}): Promise<Json> {
  return hub.post('/api/v1/runs', { runbook: 'look', ...how }, await hub.token('person', 'dana'));
}

const stepAt = (page: Page, index: number) => page.locator('li[data-step]').nth(index);
const attached = async (run: Json): Promise<Json[]> =>
  (await hub.get(`/api/v1/runs/${run.id}/attachments`)).items.map((item: Json) => item.attachment);

test('what is pasted goes to the step that is next, what is dropped to the step that it is dropped on', async () => {
  const run = await start();
  const page = await eyes.page(`/runs/${run.id}`);
  const [first, second] = [stepAt(page, 0), stepAt(page, 1)];
  await first.getByRole('button', { name: /^Attach files to/ }).waitFor();
  await paste(page, [png('image.png')]);
  const waiting = first.locator('[data-waiting="image.png"]');
  await waiting.getByRole('textbox', { name: 'Description of image.png' }).fill('errors climb');
  await axe(page);
  await first.getByLabel(/^A note that comes with it/).fill('see the cliff');
  await first.getByRole('button', { name: 'Attach file', exact: true }).click();
  const thumb = first.getByRole('button', { name: 'Look at image.png' });
  await thumb.waitFor();
  await waiting.waitFor({ state: 'detached' });
  await page.waitForFunction(
    (image) => (image as HTMLImageElement).naturalWidth === 2,
    await thumb.getByRole('img', { name: 'errors climb' }).elementHandle(),
  );

  const hostile = '"><img src=x onerror=document.title=1>.svg';
  const id = (await second.getAttribute('data-step')) ?? '';
  await drop(page, `li[data-step="${id}"]`, [
    { name: hostile, type: 'image/svg+xml', bytes: base64('<svg onload="document.title=1"/>') },
  ]);
  await second.getByRole('button', { name: 'Attach file', exact: true }).click();
  const link = second.getByRole('link', { name: /onerror=document\.title=1_\.svg/ });
  await link.waitFor();
  assert.equal(await second.locator('img').count(), 0, 'it is not shown');
  await axe(page);
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), '___img src=x onerror=document.title=1_.svg');
  const files = await attached(run);
  assert.deepEqual(
    files.map((file) => [file.number, file.step, file.name, file.shown]),
    [
      [1, run.steps[0].id, 'image.png', true],
      [2, id, '___img src=x onerror=document.title=1_.svg', false],
    ],
  );
  assert.equal(files[0]?.description, 'errors climb');

  // What is dropped beside the steps does not take one away, and what is over takes no more.
  await drop(page, 'h1', [png('beside.png')]);
  assert.equal(await page.locator('[data-waiting]').count(), 0);
  await hub.post(`/api/v1/runs/${run.id}/course`, { to: 'stop' }, await hub.token('person', 'dana'));
  await page
    .getByRole('button', { name: /^Attach files to/ })
    .first()
    .waitFor({ state: 'detached' });
  assert.equal(await thumb.count(), 1, 'its files stay');
});

test('files are chosen as well; one that is too large says so and the others go', async () => {
  const run = await start();
  const page = await eyes.page(`/runs/${run.id}`);
  const first = stepAt(page, 0);
  await first.getByRole('button', { name: /^Attach files to/ }).waitFor();
  await first.locator('input[type=file]').setInputFiles([
    { name: 'a.log', mimeType: 'text/plain', buffer: Buffer.from('all red') },
    { name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc((5 << 20) + 1) },
  ]);
  await first.getByText('larger than 5 MiB').waitFor();
  await first.getByRole('button', { name: 'Attach 2 files' }).click();
  await first.getByRole('link', { name: /a\.log/ }).waitFor();
  await first
    .getByRole('alert')
    .getByText(/large\.bin is larger than 5 MiB/)
    .waitFor();
  assert.deepEqual(
    (await attached(run)).map((file) => file.name),
    ['a.log'],
  );
});

test('a run for a case has its files on the case', async () => {
  await hub.alert('front', { name: 'FrontDown', summary: 'Front does not answer' });
  const found = await hub.caseOf('front');
  const run = await start({ case: found.id });
  const page = await eyes.page(`/runs/${run.id}`);
  await stepAt(page, 0)
    .getByRole('button', { name: /^Done:/ })
    .waitFor();
  assert.equal(await page.getByRole('button', { name: /^Attach files to/ }).count(), 0);
});
