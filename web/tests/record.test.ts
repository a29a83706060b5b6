// The record: every entry with its reason and text, found by filters; and verified in the browser, where one byte
// that is not as it was is noticed.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { axe, setting, type How, type Page } from './support/browser';
import { until, type Json } from './support/hub';

const at = setting(async (hub) => {
  const dana = await hub.token('person', 'dana');
  await hub.alert('ledger', { name: 'Down', summary: 'The ledger is down' });
  const { id } = await hub.caseOf('ledger');
  await hub.post(`/api/v1/cases/${id}/acknowledge`, {}, dana);
  await hub.post(
    `/api/v1/cases/${id}/notes`,
    { text: 'The disk is full <img src=x onerror=alert(1)>' },
    dana,
  );
  await until('messages were sent', 15_000, async () => hub.mail.mails.length > 0);
});

/** The page as somebody who may read the record: nobody of harbor's is an auditor, so by the first token. */
async function open(path = '/record', how: How = {}): Promise<Page> {
  const page = await at.eyes.page('/signin', { as: null, ...how });
  const answer = await page.context().request.post('/api/v1/session', {
    data: { token: at.hub.admin },
    headers: { 'X-Wheelhouse': '1' },
  });
  assert.equal(answer.status(), 200);
  await page.goto(path);
  return page;
}

/** The entry of a kind that was made last. */
async function entryOf(kind: string): Promise<Json> {
  const page = await at.hub.get(`/api/v1/record/entries?kind=${kind}&sort=newest&limit=1`);
  return page.items[0];
}

/** Changes answers on their way, as somebody between hub and browser might. */
async function meddle(page: Page, path: RegExp, change: (body: Json) => void): Promise<void> {
  await page.route(
    (url) => path.test(url.pathname),
    async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      change(body);
      await route.fulfill({ response: answer, json: body });
    },
  );
}

/** Another digit in the place of one. */
const flip = (text: string, place: number): string =>
  text.slice(0, place) + (text[place] === 'a' ? 'b' : 'a') + text.slice(place + 1);

async function verify(page: Page): Promise<{ verdict: string | null; steps: Record<string, string> }> {
  await page.getByRole('button', { name: /^Verify/ }).click();
  const verdict = page.locator('[data-verdict]');
  await verdict.waitFor();
  const steps = await page
    .locator('[data-step]')
    .evaluateAll((all) =>
      Object.fromEntries(
        all.map((step) => [(step as HTMLElement).dataset['step'], (step as HTMLElement).dataset['state']]),
      ),
    );
  return { verdict: await verdict.getAttribute('data-verdict'), steps };
}

test('entries stand there newest first; one opens in place with its reason and its text', async () => {
  const noted = await entryOf('noted');
  const page = await open();
  await page.getByText('The key came from this hub itself').waitFor();
  await page.locator(`[data-entry="${noted.seq}"]`).click();
  await page.waitForURL(`**/record?entry=${noted.seq}`);
  await page.getByText('The disk is full <img src=x onerror=alert(1)>').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  const told = await entryOf('message_queued');
  await page.locator(`[data-entry="${told.seq}"]`).click();
  await page.getByText(told.why).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(told.why).waitFor({ state: 'detached' });
});

test('filters are asked of the hub and live in the address', async () => {
  const page = await open();
  await page.getByLabel('kind', { exact: true }).selectOption({ label: 'noted' });
  await page.waitForURL('**/record?kind=noted');
  await until('one is left', 5_000, async () => (await page.locator('[data-entry]').count()) === 1);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('who', { exact: true }).fill('dana');
  await page.getByLabel('who', { exact: true }).press('Enter');
  await page.waitForURL('**/record?actor=dana');
  const people = page.locator('[data-entry] .who');
  await until('only hers', 5_000, async () =>
    (await people.allTextContents()).every((who) => who === 'dana'),
  );
  await page.goto('/record?case=INC-1&from=9');
  await page.locator('[data-entry]').first().waitFor();
  const seqs = await page
    .locator('[data-entry]')
    .evaluateAll((all) => all.map((row) => Number((row as HTMLElement).dataset['entry'])));
  assert.ok(
    seqs.every((seq) => seq >= 9),
    `${seqs}`,
  );
  assert.deepEqual(
    seqs,
    [...seqs].sort((one, other) => one - other),
  );
  await page.goto('/record?actor=No%20Body');
  await page.getByRole('alert').filter({ hasText: 'actor' }).waitFor();
});

test('an entry is verified in the browser, byte by byte, and it is said what that shows and what not', async () => {
  for (const kind of ['noted', 'catalog_adopted', 'message_queued', 'case_opened']) {
    const entry = await entryOf(kind);
    const page = await open(`/record?entry=${entry.seq}`);
    const { verdict, steps } = await verify(page);
    assert.equal(verdict, 'holds', `${kind}: ${JSON.stringify(steps)}`);
    const text = entry.body === null ? 'open' : 'holds';
    assert.deepEqual(steps, {
      text,
      shown: 'holds',
      leaf: 'holds',
      path: 'holds',
      head: 'holds',
      signature: 'holds',
    });
    await page.getByText('What it does not show').waitFor();
    await page.getByText('That what the entry says is true').waitFor();
    await page.getByText('it came from this hub itself, first on').waitFor();
    await page.context().close();
  }
});

test('every entry verifies, whatever its place in the tree', async () => {
  const page = await open();
  const head = await at.hub.get('/api/v1/record/head');
  const step = Math.max(1, Math.floor(head.size / 12));
  for (let seq = 0; seq < head.size; seq += step) {
    await page.goto(`/record?entry=${seq}`);
    const { verdict, steps } = await verify(page);
    assert.equal(verdict, 'holds', `${seq}: ${JSON.stringify(steps)}`);
  }
});

test('an answer of which one byte was changed is not verified', async () => {
  const { seq } = await entryOf('noted');
  const entries = /\/record\/entries$/;
  const proof = /\/proof$/;
  const ofIt = (body: Json): Json => body.items.find((entry: Json) => entry.seq === seq);
  const cases: [string, RegExp, (body: Json) => void, string[]][] = [
    ['the text', entries, (body) => (ofIt(body).body = ofIt(body).body.replace('disk', 'dish')), ['text']],
    ['the salt', entries, (body) => (ofIt(body).salt = flip(ofIt(body).salt, 9)), ['text']],
    [
      'the bytes',
      entries,
      (body) => (ofIt(body).canonical = ofIt(body).canonical.replace('"drill":false', '"drill":fals1')),
      ['shown', 'leaf', 'head'],
    ],
    ['who it was', entries, (body) => (ofIt(body).actor.name = 'danb'), ['shown']],
    [
      'when it was',
      entries,
      (body) =>
        (ofIt(body).at = ofIt(body).at.replace(/\d(?=Z$)/, (digit: string) =>
          String((Number(digit) + 1) % 10),
        )),
      ['shown'],
    ],
    ['the leaf', entries, (body) => (ofIt(body).leaf = flip(ofIt(body).leaf, 0)), ['leaf']],
    ['the path', proof, (body) => (body.path[1] = flip(body.path[1], 63)), ['head']],
    ['the length of the path', proof, (body) => void body.path.pop(), ['path', 'head']],
    ['the index', proof, (body) => (body.index -= 1), ['path', 'head']],
    ['the size', proof, (body) => (body.size += 1), ['head']],
    [
      'the signed root',
      proof,
      (body) =>
        (body.head.signed = body.head.signed.replace(
          /\n(.)([^\n]+=\n)$/,
          (_: string, first: string, rest: string) => `\n${first === 'A' ? 'B' : 'A'}${rest}`,
        )),
      ['head', 'signature'],
    ],
    ['the origin', proof, (body) => (body.head.signed = `x${body.head.signed}`), ['signature']],
    [
      'the signature',
      proof,
      (body) => {
        const bytes = Buffer.from(body.head.signatures[0].signature, 'base64');
        bytes[17] = (bytes[17] ?? 0) ^ 1;
        body.head.signatures[0].signature = bytes.toString('base64');
      },
      ['signature'],
    ],
  ];
  for (const [what, path, change, expected] of cases) {
    const page = await open('/signin');
    await meddle(page, path, change);
    await page.goto(`/record?entry=${seq}`);
    const { verdict, steps } = await verify(page);
    assert.equal(verdict, 'fails', `${what}: ${JSON.stringify(steps)}`);
    for (const step of expected) assert.equal(steps[step], 'fails', `${what}: ${step}`);
    await page.getByText('do not rely on this answer').waitFor();
    await page.context().close();
  }
});

test('another key than the one that was kept is noticed; a key can be entered that came another way', async () => {
  const page = await open();
  await page.getByText('The key came from this hub itself').waitFor();
  const other = 'wheelhouse.invalid/harbor+00000000+AThZ3Ono+5fDY0eAQgxnGK4u1YlGatxDJTsWyfUU/pNm';
  await page.getByRole('button', { name: 'Key', exact: true }).click();
  await page.getByLabel('A key that you were given').fill(other);
  await page.getByRole('button', { name: 'Use this key' }).click();
  await page.getByText('That is no key').waitFor();
  await axe(page);
  const { verifier } = await at.hub.get('/api/v1/record/key.json');
  await page.getByLabel('A key that you were given').fill(verifier);
  await page.getByRole('button', { name: 'Use this key' }).click();
  await page.getByText('The key is the one that was entered here').waitFor();
  // A hub that gives another key later is not believed.
  const fake = await made();
  await meddle(page, /\/record\/key\.json$/, (body) => (body.verifier = fake));
  await page.reload();
  await page.getByText('The hub now gives another key').waitFor();
});

/** A well-made key of somebody else, under the same name. */
async function made(): Promise<string> {
  const { createHash, generateKeyPairSync } = await import('node:crypto');
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const name = (await at.hub.get('/api/v1/record/key.json')).name;
  const key = Buffer.concat([Buffer.of(1), raw]);
  const hash = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8);
  return `${name}+${hash}+${key.toString('base64')}`;
}

test('the record is shown to have only grown since this browser first saw it', async () => {
  const page = await open();
  await page.getByText('First seen now').waitFor();
  await at.hub.alert('portal', { name: 'Slow', summary: 'The portal is slow' });
  await page.getByText('Only grown').waitFor();
  // A head that was never its own is found out.
  await page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('wheelhouse.record.head') ?? '{}');
    kept.root = kept.root.replace(/^./, kept.root.startsWith('0') ? '1' : '0');
    localStorage.setItem('wheelhouse.record.head', JSON.stringify(kept));
  });
  await page.reload();
  await page.getByText('Not grown from what it was').waitFor();
});

test('new entries wait while one is read, and come when they are asked for', async () => {
  const page = await open();
  await page.locator('[data-entry]').first().click();
  const seqs = (): Promise<string[]> =>
    page
      .locator('[data-entry]')
      .evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['entry'] ?? ''));
  const before = await seqs();
  await at.hub.alert('dns', { name: 'Down', summary: 'Names are not answered' });
  await page.getByRole('button', { name: /\d+ new/ }).waitFor();
  assert.deepEqual(await seqs(), before, 'nothing moved');
  await page.keyboard.press('.');
  await until('they are there', 5_000, async () => (await seqs())[0] !== before[0]);
});

test('keys go from entry to entry, open one, and verify it', async () => {
  const page = await open();
  await page.locator('[data-entry]').nth(3).waitFor();
  const focused = (): Promise<string | undefined> =>
    page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['entry']);
  await page.keyboard.press('j');
  const first = await focused();
  await page.keyboard.press('j');
  assert.equal(Number(await focused()), Number(first) - 1);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/record?entry=${Number(first) - 1}`);
  await page.keyboard.press('v');
  await page.locator('[data-verdict="holds"]').waitFor();
});

test('checkpoint and proof can be kept as files', async () => {
  const page = await open('/record?entry=3');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Keep a copy' }).click(),
  ]);
  const note = await readFile(await file.path(), 'utf8');
  assert.match(note, /^\S+\n\d+\n[A-Za-z0-9+/=]{44}\n\n— \S+ \S+\n$/);
  const [proof] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Proof as a file' }).click(),
  ]);
  assert.match(await readFile(await proof.path(), 'utf8'), /^c2sp\.org\/tlog-proof@v1\n/);
});

test('whoever may not read it is told who may', async () => {
  const page = await at.eyes.page('/record');
  await page.getByText('The record is for auditors').waitFor();
  await axe(page);
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  const { seq } = await entryOf('noted');
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const page = await open(`/record?entry=${seq}`, { theme, size });
      await page.locator('[data-entry]').first().waitFor();
      await verify(page);
      await axe(page);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(wide, false, `${size}, ${theme}`);
      await page.context().close();
    }
  }
});
