// The situation room with others in it, and with much in it: what one writes survives, two who change one
// case lose nothing, ten thousand signals are light, and a hub that is gone takes nothing along.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes } from './support/browser';
import { Hub, until, type Json } from './support/hub';
import { fresh, region } from './support/room';

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

const again = (id: string): Promise<Json> => hub.get(`/api/v1/cases/${id}`);

test('what one types survives every change of the case: text, caret, focus and place', async () => {
  const [found, page] = await fresh(hub, eyes, 'portal');
  const nadia = await hub.token('person', 'nadia');
  await page.keyboard.press('n');
  const box = page.getByRole('textbox', { name: 'Write a note' });
  await page.keyboard.type('The queue grows since ten');
  await box.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(4, 9));
  const before = await box.boundingBox();
  for (let number = 0; number < 12; number += 1)
    await hub.post(`/api/v1/cases/${found.id}/notes`, { text: `note ${number}` }, nadia);
  await hub.post(
    `/api/v1/cases/${found.id}/severity`,
    { severity: 'sev3' },
    await hub.token('person', 'grace'),
  );
  await page.locator('[data-case-page] > header').getByText('sev3').waitFor();
  const now = await box.evaluate((element: HTMLTextAreaElement) => ({
    text: element.value,
    from: element.selectionStart,
    to: element.selectionEnd,
    focused: document.activeElement === element,
  }));
  assert.deepEqual(now, { text: 'The queue grows since ten', from: 4, to: 9, focused: true });
  assert.deepEqual(await box.boundingBox(), before, 'it stands where it stood');
  await page.reload();
  await page.getByText('note 11').waitFor();
  assert.equal(await box.inputValue(), 'The queue grows since ten', 'a reload keeps it too');
  await box.focus();
  await page.keyboard.press('Control+Enter');
  await region(page, 'Timeline').locator('.text', { hasText: 'The queue grows since ten' }).waitFor();
  assert.equal(await box.inputValue(), '');
});

test('a note of another is on the screen at once, and waits while one reads', async () => {
  const [found, page] = await fresh(hub, eyes, 'identity-provider');
  const nadia = await hub.token('person', 'nadia');
  const took: number[] = [];
  for (let number = 0; number < 10; number += 1) {
    const seen = page.evaluate(
      (mark) =>
        new Promise<number>((resolve) => {
          const look = (): void => {
            if (document.body.textContent?.includes(mark)) resolve(Date.now());
            else requestAnimationFrame(look);
          };
          look();
        }),
      `seen-${number}!`,
    );
    await hub.post(`/api/v1/cases/${found.id}/notes`, { text: `seen-${number}!` }, nadia);
    const answered = Date.now();
    took.push((await seen) - answered);
  }
  took.sort((left, right) => left - right);
  console.log(`note to screen: median ${took[5]} ms, worst ${took[9]} ms, n 10`);
  assert.ok((took[5] ?? 9e9) < 1_000, `${took}`);
  await region(page, 'Timeline').locator('ol').hover();
  const first = await region(page, 'Timeline').locator('[data-about]').first().textContent();
  await hub.post(`/api/v1/cases/${found.id}/notes`, { text: 'one more' }, nadia);
  await page.getByRole('button', { name: /1 new/ }).waitFor();
  assert.equal(await region(page, 'Timeline').locator('[data-about]').first().textContent(), first);
  await page.keyboard.press('.');
  await page.getByText('one more').waitFor();
});

test('two people change one case: the second is told what the first did, and loses nothing', async () => {
  const [found, page] = await fresh(hub, eyes, 'licences');
  await page.keyboard.press('r');
  const question = page.getByRole('dialog', { name: `Resolve ${found.id}` });
  await question.waitFor();
  await page.keyboard.type('Was restarted');
  await hub.post(
    `/api/v1/cases/${found.id}/severity`,
    { severity: 'sev1' },
    await hub.token('person', 'grace'),
  );
  await page.keyboard.press('Control+Enter');
  const merge = question.locator('[data-merge]');
  await merge.getByText('Somebody else changed').waitFor();
  assert.match((await merge.textContent()) ?? '', /severity\s*sev2\s*→\s*sev1/);
  assert.equal((await again(found.id)).state, 'open', 'nothing was done yet');
  assert.equal(await question.getByRole('textbox').inputValue(), 'Was restarted');
  await axe(page);
  await question.getByRole('button', { name: 'Resolve anyway' }).click();
  await page.getByText(`${found.id} is resolved.`).waitFor();
});

test('one key that meets the change of another asks before it does anything', async () => {
  const [found, page] = await fresh(hub, eyes, 'ferry-tickets');
  // This page hears of nothing, as on a bad connection.
  const stale = await page.context().newPage();
  await stale.route('**/api/v1/stream', (route) => route.abort());
  await stale.goto(`/cases/${found.id}`);
  await stale.getByRole('button', { name: 'Acknowledge' }).waitFor();
  await hub.post(`/api/v1/cases/${found.id}/acknowledge`, {}, await hub.token('person', 'grace'));
  await stale.keyboard.press('a');
  const met = stale.getByRole('dialog', { name: 'Look again, then decide' });
  await met.getByText(`You wanted to acknowledge ${found.id}.`).waitFor();
  assert.match((await met.textContent()) ?? '', /owner\s*nobody\s*→\s*grace/);
  await met.getByRole('button', { name: 'Leave it as it is' }).click();
  assert.equal((await again(found.id)).owner, 'grace');
});

test('ten thousand signals are one list: found by word and label, light to scroll', async () => {
  const many = 10_000;
  for (let start = 0; start < many; start += 2_500) {
    await hub.alerts(
      Array.from({ length: 2_500 }, (_, index) => [
        'tax-filing',
        {
          name: 'Timeout',
          summary: `tax-${start + index} does not answer`,
          labels: { instance: `tax-${start + index}` },
        },
      ]),
    );
  }
  const found = await hub.caseOf('tax-filing');
  await until('all joined', 30_000, async () => (await again(found.id)).members >= many);
  const began = Date.now();
  const page = await eyes.page(`/cases/${found.id}`);
  const signals = region(page, 'Signals');
  await signals.getByText('10,000 of 10,000 fire').waitFor();
  await signals.locator('[data-row="0"]').waitFor();
  console.log(`room of ${many} signals: ${Date.now() - began} ms until the first stand there`);
  await signals.getByRole('searchbox').fill('instance=tax-9876');
  await signals.locator('[data-members="1"]').waitFor();
  await signals.getByText('tax-9876 does not answer').first().waitFor();
  await signals.getByRole('searchbox').fill('');
  await signals.locator('[data-members="500"]').waitFor();
  const rows = signals.locator('[data-members]');
  const frames = await rows.evaluate(async (element) => {
    const gaps: number[] = [];
    let last = performance.now();
    for (let frame = 0; frame < 120; frame += 1) {
      element.scrollTop += 400;
      await new Promise(requestAnimationFrame);
      gaps.push(performance.now() - last);
      last = performance.now();
    }
    return gaps.sort((left, right) => left - right);
  });
  console.log(`scrolling: median frame ${frames[60]?.toFixed(1)} ms, worst ${frames[119]?.toFixed(1)} ms`);
  assert.ok((frames[60] ?? 9e9) < 100, `${frames}`);
  assert.ok((await rows.locator('li').count()) < 60, 'only what is seen is drawn');
  await signals.locator('button[data-row]').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Labels').waitFor();
  await page.keyboard.press('Escape');
});

test('when the hub is gone the room keeps what it has, says so, keeps what one writes, and catches up', async () => {
  const [found, page] = await fresh(hub, eyes, 'core-network');
  await page.locator('[data-live="live"]').waitFor();
  await hub.kill();
  await page
    .locator('[data-live]')
    .filter({ hasText: /old since/ })
    .waitFor();
  await page.keyboard.press('n');
  await page.keyboard.type('written in the dark');
  await page.keyboard.press('Control+Enter');
  await page.getByText(/Not written: .*Your text is kept/).waitFor();
  await hub.up();
  await page.locator('[data-live="live"]').waitFor({ timeout: 15_000 });
  await page.getByRole('textbox', { name: 'Write a note' }).focus();
  await page.keyboard.press('Control+Enter');
  await region(page, 'Timeline').locator('.text', { hasText: 'written in the dark' }).waitFor();
  const notes = ((await hub.get(`/api/v1/cases/${found.id}/timeline`)).items as Json[]).filter(
    (entry) => entry.text === 'written in the dark',
  );
  assert.equal(notes.length, 1);
});
