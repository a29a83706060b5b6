// Cases: filters live in the address, views have names, keys go everywhere, several are acted on at once with a
// word for each, and a million of them scroll as ten do.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { axe, setting, type Page } from './support/browser';
import { fillHistory, LONG } from './support/history';
import type { Json } from './support/hub';

const SERVICES = ['payments-api', 'ledger', 'portal', 'dns', 'tax-filing', 'event-bus'];

const at = setting(async (hub) => {
  await hub.alerts(
    SERVICES.map((service, index) => [
      service,
      { name: `Down${index}`, severity: index % 2 ? 'warning' : 'critical', summary: `fault ${index}` },
    ]),
  );
  for (const service of SERVICES) await hub.caseOf(service);
});

const rows = (page: Page) => page.locator('main [role="row"] [data-case]');
const ids = (page: Page): Promise<string[]> =>
  rows(page).evaluateAll((all) => all.map((link) => (link as HTMLElement).dataset['case'] ?? ''));
const focused = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['case']);
const query = (page: Page): URLSearchParams => new URL(page.url()).searchParams;
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

async function person(name: string): Promise<string> {
  return at.hub.token('person', name);
}

test('every case stands there, and filters narrow it at once and live in the address', async () => {
  const page = await at.eyes.page('/cases');
  await page.getByText(`${SERVICES.length} cases`).waitFor();
  await page.getByRole('group', { name: 'Severity' }).getByRole('button', { name: 'sev1' }).click();
  await page.waitForURL('**/cases?severity=sev1');
  const worst = (await at.hub.get('/api/v1/cases?severity=sev1')).items.length as number;
  assert.ok(worst > 0 && worst < SERVICES.length, `${worst}`);
  await page.getByText(worst === 1 ? '1 case' : `${worst} cases`, { exact: true }).waitFor();
  await page.getByLabel('Words in the title, or a case').fill('fault 2');
  await page.getByText('1 case', { exact: true }).waitFor();
  assert.equal(query(page).get('text'), 'fault 2');
  const again = await at.eyes.page(page.url().slice(at.hub.url.length));
  await again.getByText('1 case', { exact: true }).waitFor();
  assert.deepEqual(await ids(again), await ids(page));
  await page.locator('h1').click();
  await page.keyboard.press('c');
  await page.getByText(`${SERVICES.length} cases`).waitFor();
  assert.equal(query(page).size, 0);
});

test('service, day, kind and order are asked of the hub in its own words', async () => {
  const page = await at.eyes.page('/cases');
  await page.getByText(`${SERVICES.length} cases`).waitFor();
  const asked = page.waitForRequest((request) => request.url().includes('opened_from='));
  await page.getByLabel('opened from').fill('2026-01-31');
  // Midnight in Berlin.
  assert.equal(new URL((await asked).url()).searchParams.get('opened_from'), '2026-01-30T23:00:00Z');
  await page.getByLabel('service', { exact: true }).fill('ledger');
  await page.getByLabel('service', { exact: true }).press('Enter');
  await page.getByText('1 case', { exact: true }).waitFor();
  assert.equal(query(page).get('service'), 'ledger');
  await page.goto('/cases?sort=oldest');
  await rows(page).first().waitFor();
  assert.equal((await ids(page))[0], 'INC-1');
  await page.goto('/cases?kind=action');
  await page.getByText('No case fits').waitFor();
  await page.getByRole('link', { name: 'Show all cases' }).click();
  await page.getByText(`${SERVICES.length} cases`).waitFor();
});

test('filters become a view with a name, which this browser keeps and can forget', async () => {
  const page = await at.eyes.page('/cases?severity=sev1&service=ledger');
  await rows(page).first().or(page.getByText('No case fits')).waitFor();
  await page.keyboard.press('v');
  await page.getByLabel('Name').fill('All');
  await page.getByText('That name is always there').waitFor();
  await page.getByLabel('Name').fill('Bad <b>days</b>');
  await page.keyboard.press('Enter');
  const view = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Bad <b>days</b>' });
  await view.waitFor();
  assert.equal(await view.getAttribute('aria-current'), 'page');
  await page.goto('/cases');
  await view.click();
  await page.waitForURL('**/cases?severity=sev1&service=ledger');
  await page.getByRole('button', { name: 'Forget the view' }).click();
  await view.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await view.waitFor();
});

test('keys go from case to case, Enter opens one, and the way back leads to where one was', async () => {
  const page = await at.eyes.page('/cases');
  await rows(page).nth(3).waitFor();
  const all = await ids(page);
  for (const [key, place] of [
    ['j', 0],
    ['j', 1],
    ['ArrowDown', 2],
    ['k', 1],
    ['End', all.length - 1],
    ['Home', 0],
    ['j', 1],
  ] as const) {
    await page.keyboard.press(key);
    assert.equal(await focused(page), all[place], key);
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/cases/${all[1]}`);
  await page.goBack();
  await rows(page).nth(3).waitFor();
  await page.waitForFunction((id) => (document.activeElement as HTMLElement)?.dataset['case'] === id, all[1]);
  await page.keyboard.press('/');
  await page.keyboard.type('inc-3');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/cases/INC-3');
});

test('several are acted on at once, and each says how it went', async () => {
  const { hub, eyes } = at;
  const page = await eyes.page('/cases', { as: 'grace' });
  await rows(page).nth(3).waitFor();
  const taken = (await ids(page))[1] ?? '';
  await hub.post(`/api/v1/cases/${taken}/acknowledge`, {}, await person('grace'));
  await page.getByRole('row').filter({ hasText: taken }).getByText('acknowledged', { exact: true }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('X');
  await page.getByText('3 selected').waitFor();
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Acknowledge 2 cases').first().waitFor();
  await dialog.getByText(`Left out: ${taken} grace has it.`).waitFor();
  await axe(page);
  await dialog.getByRole('button', { name: 'Acknowledge 2 cases' }).click();
  await dialog.getByText('Acknowledge: 2 of 2 done').waitFor();
  assert.equal(await dialog.getByText('is acknowledged').count(), 2);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('1 selected').waitFor({ state: 'detached' });
});

test('what is refused says why, and what somebody changed meanwhile is not written over', async () => {
  const { hub, eyes } = at;
  await hub.alert('office-kiosks', { name: 'Slow', summary: 'kiosks stand still' });
  const { id } = await hub.caseOf('office-kiosks');
  const page = await eyes.page('/cases?state=open', { as: 'omar' });
  await rows(page).first().waitFor();
  await page.getByRole('checkbox', { name: `Select ${id}` }).click();
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Acknowledge 1 case' }).click();
  await dialog.getByText(`omar may not acknowledge ${id}`).waitFor();
  await dialog.getByText('Acknowledge: 0 of 1 done').waitFor();
  assert.equal((await hub.get(`/api/v1/cases/${id}`)).state, 'open');

  const other = await eyes.page('/cases?service=office-kiosks', { as: 'grace' });
  await rows(other).first().waitFor();
  await other.keyboard.press('j');
  await other.keyboard.press('s');
  const question = other.getByRole('dialog');
  await question.getByLabel('sev4').check();
  await hub.post(`/api/v1/cases/${id}/severity`, { severity: 'sev3' }, await person('grace'));
  await question.getByRole('button', { name: 'Set severity 1 case' }).click();
  await question.getByText('somebody changed it meanwhile: it is open, sev3, nobody has it').waitFor();
  assert.equal((await hub.get(`/api/v1/cases/${id}`)).severity, 'sev3');
  await question.getByRole('button', { name: 'Try the one that failed again' }).click();
  await question.getByText('is sev4').waitFor();
  assert.equal((await hub.get(`/api/v1/cases/${id}`)).severity, 'sev4');
});

test('what was done to several is put back by one press, where nobody has touched it since', async () => {
  const { hub, eyes } = at;
  const [dana, grace] = [await person('dana'), await person('grace')];
  const open = async (service: string): Promise<string> =>
    (await hub.post('/api/v1/cases', { title: `undo ${service}`, service, severity: 'sev2' }, dana)).id;
  const [one, two] = [await open('forms'), await open('address-search')];
  const page = await eyes.page('/cases?text=undo', { as: 'grace' });
  for (const id of [one, two]) await page.getByRole('checkbox', { name: `Select ${id}` }).click();
  await page.keyboard.press('s');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('sev4').check();
  await dialog.getByRole('button', { name: 'Set severity 2 cases' }).click();
  await dialog.getByText('Set severity: 2 of 2 done').waitFor();
  await hub.post(`/api/v1/cases/${two}/severity`, { severity: 'sev3' }, grace);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('Severity set on 2 cases.').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText(`Put back as it was: 1 case. Left as they are: ${two} was changed since.`).waitFor();
  assert.equal((await hub.get(`/api/v1/cases/${one}`)).severity, 'sev2');
  assert.equal((await hub.get(`/api/v1/cases/${two}`)).severity, 'sev3');

  await page.getByRole('checkbox', { name: `Select ${one}` }).click();
  await page.keyboard.press('o');
  await dialog.getByLabel('To whom').fill('grace');
  await dialog.getByRole('button', { name: 'Assign 1 case' }).click();
  await dialog.getByText('Assign: 1 of 1 done').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('1 case assigned.').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Put back as it was: 1 case.', { exact: true }).waitFor();
  assert.equal((await hub.get(`/api/v1/cases/${one}`)).owner, null);
});

test('cases of several kinds are one list', async () => {
  const { hub, eyes } = at;
  const kinds = (await hub.get('/api/v1/cases?kind=incident,action')).items.map((item: Json) => item.kind);
  assert.ok(kinds.includes('incident') && kinds.every((kind: string) => kind !== 'finding'));
  const page = await eyes.page('/cases?kind=incident,action');
  await rows(page).first().waitFor();
  assert.equal(await page.getByLabel('kind', { exact: true }).inputValue(), 'incident,action');
});

test('going back leaves a question behind, and the keys are the page’s again', async () => {
  const { eyes } = at;
  const page = await eyes.page('/cases');
  await rows(page).first().waitFor();
  await page.getByRole('link', { name: 'Services', exact: true }).first().click();
  await page.waitForURL('**/services');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.goBack();
  await page.waitForURL('**/cases');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL('**/services');
});

test('changes are there at once; new ones wait while a hand is on the list', async () => {
  const { hub, eyes } = at;
  const page = await eyes.page('/cases?state=open,acknowledged');
  await rows(page).first().waitFor();
  await page.mouse.move(4, 300);
  await hub.alert('letters', { name: 'Slow', summary: 'letters wait' });
  const letters = await hub.caseOf('letters');
  await page.getByRole('row').filter({ hasText: letters.id }).waitFor();
  await rows(page).first().hover();
  const before = await ids(page);
  await hub.alert('hotline', { name: 'Slow', summary: 'nobody answers' });
  await page.getByRole('button', { name: /1 new/ }).waitFor();
  assert.deepEqual(await ids(page), before, 'nothing moved');
  await hub.post(`/api/v1/cases/${letters.id}/resolve`, {}, await person('grace'));
  const gone = page.getByRole('row').filter({ hasText: letters.id });
  await gone.getByText('no longer fits').waitFor();
  assert.deepEqual(await ids(page), before, 'what is over keeps its place');
  await page.keyboard.press('.');
  await page.getByRole('row').filter({ hasText: 'nobody answers' }).waitFor();
});

test('text of strangers is text, in the list and in the table that is exported', async () => {
  const { hub, eyes } = at;
  const hostile = '<img src=x onerror="document.title=1">, =cmd|"x"!A1';
  await hub.post('/api/v1/cases', { title: hostile, service: 'school-places' }, await person('dana'));
  const page = await eyes.page('/cases?text=onerror');
  await page.getByText('<img src=x onerror=').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  const download = page.waitForEvent('download');
  await page.keyboard.press('e');
  const file = await download;
  assert.match(file.suggestedFilename(), /^cases-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^id,kind,title,/);
  assert.ok(lines[1]?.includes('"<img src=x onerror=""document.title=1"">, =cmd|""x""!A1"'), lines[1]);
  await page.getByText('1 case is in the file.').waitFor();
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone', 'wall'] as const) {
      const page = await at.eyes.page('/cases?severity=sev1,sev2', { theme, size });
      await rows(page).first().waitFor();
      if (size === 'phone') await page.getByRole('button', { name: /Filters/ }).tap();
      await page
        .getByRole('checkbox', { name: /^Select INC/ })
        .first()
        .click();
      await page.getByText('1 selected').waitFor();
      await axe(page);
      assert.equal(await tooWide(page), false, `${size}, ${theme}`);
      await page.context().close();
    }
  }
});

test('when the hub is gone the list stays, says that it is old, and catches up', async () => {
  const { hub, eyes } = at;
  const page = await eyes.page('/cases');
  await rows(page).first().waitFor();
  await hub.kill();
  await page
    .locator('[data-live]')
    .filter({ hasText: /old since/ })
    .waitFor();
  assert.ok((await ids(page)).length > 3);
  await page.getByRole('button', { name: 'sev3' }).click();
  await page.getByText('the hub does not answer').waitFor();
  await hub.up();
  await page.getByText('the hub does not answer').waitFor({ state: 'detached' });
  await page.locator('[data-live="live"]').waitFor();
});

test(`${LONG.toLocaleString('en-GB')} cases that are over scroll as smoothly as ten`, async () => {
  const { hub, eyes } = at;
  await hub.post('/api/v1/cases/INC-1/resolve', {}, await person('grace'));
  await fillHistory(hub);
  const page = await eyes.page('/cases?state=resolved&sort=oldest');
  const begun = Date.now();
  await rows(page).first().waitFor();
  const first = Date.now() - begun;
  await page.evaluate(() => {
    const seen = ((window as unknown as { frames: number[] }).frames = []) as number[];
    let last = performance.now();
    const look = (now: number): void => {
      seen.push(now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  // A quick hand: 200 turns of the wheel, each a window high.
  await page.mouse.move(640, 500);
  for (let turn = 0; turn < 200; turn += 1) {
    await page.mouse.wheel(0, 700);
    await page.waitForTimeout(16);
  }
  await page.waitForFunction(() => document.querySelectorAll('main [data-case]').length > 10);
  const frames = (await page.evaluate(() => (window as unknown as { frames: number[] }).frames)).sort(
    (a, b) => a - b,
  );
  const share = (part: number): number => Math.round(frames[Math.floor(frames.length * part)] ?? NaN);
  const drawn = await rows(page).count();
  assert.ok(drawn < 120, `${drawn} rows are drawn`);

  // By key to the end of what is known, again and again.
  const known = new Set<string>();
  await page.locator('main [data-case]').first().focus();
  for (let step = 0; step < 12; step += 1) {
    const before = await focused(page);
    await page.keyboard.press('End');
    await page.waitForFunction(
      (id) => ((document.activeElement as HTMLElement)?.dataset['case'] ?? id) !== id,
      before,
    );
    known.add((await focused(page)) ?? '');
    await page.waitForFunction(() => !/Reading/.test(document.querySelector('p.end')?.textContent ?? ''));
  }
  assert.equal(known.size, 12, 'each end was further down');

  const searched = Date.now();
  await page.goto(`/cases?text=${encodeURIComponent(`number ${Math.floor(LONG / 2)}`)}&state=resolved`);
  await rows(page).first().waitFor({ timeout: 60_000 });
  const found = Date.now() - searched;
  const oldest = await eyes.page('/cases?severity=sev1&service=ledger');
  const filtering = Date.now();
  await rows(oldest).first().waitFor();
  const filtered = Date.now() - filtering;
  console.log(
    `${LONG} cases over: first rows ${first} ms, filtered ${filtered} ms, one title in the middle ${found} ms; ` +
      `scrolling: frame p50 ${share(0.5)} ms, p95 ${share(0.95)} ms, p99 ${share(0.99)} ms, ${drawn} rows drawn`,
  );
  assert.ok(share(0.5) < 60, `${share(0.5)} ms a frame`);
});
