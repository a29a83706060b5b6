// Steps of runs that machines carry out: what they say while they say it, people who agree first, what is ended, taken
// back, and of which nobody knows what became of it. A real hub carries them out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, type Eyes, type Page } from './support/browser';
import { type Hub, until, type Json } from './support/hub';
import { play } from './support/play';
import { SmallCatalog } from './support/small';

const front = (title: string, more = ''): string => `---
owners: crew
${more}---
# ${title}

`;
const catalog = new SmallCatalog({
  'talk.md': `${front('Talk', 'parameters:\n  names: {type: array, default: [a, b]}\n')}
\`\`\`sh {step=talk timeout=1m undo=none output=word}
echo "<b>first</b><script>document.title='owned'</script>"
echo "to the other side" >&2
sleep 2
echo "last"
echo "word=hello" >> "$WH_OUTPUT"
\`\`\`

\`\`\`sh {step=each timeout=1m undo=none each=names limit=5}
echo "$WH_ITEM says $WH_WORD"
\`\`\`
`,
  'risky.md': `${front('Risky')}
\`\`\`sh {step=risky timeout=1m approve="1 of crew" undo=none}
echo "done by $0"
\`\`\`
`,
  'hang.md': `${front('Hang')}
\`\`\`sh {step=hang timeout=10m undo=none lock=front-db}
echo "it hangs"
sleep 500
\`\`\`
`,
  'back.md': `${front('Back')}
\`\`\`sh {step=drain timeout=1m undo=refill}
echo drained
\`\`\`

1. Look whether it is empty.

\`\`\`sh {step=refill timeout=1m undo=none}
echo filled again
\`\`\`
`,
  'half.md': `${front('Half')}
\`\`\`sh {step=take timeout=1m undo=give}
echo taken
\`\`\`

\`\`\`sh {step=break timeout=1m undo=none}
exit 4
\`\`\`

\`\`\`sh {step=give timeout=1m undo=none}
echo given back
\`\`\`
`,
  'fails.md': `${front('Fails')}
\`\`\`sh {step=fails timeout=1m undo=none}
echo "no such thing" >&2
exit 3
\`\`\`

\`\`\`sh {step=after timeout=1m undo=none}
echo after
\`\`\`
`,
  'flood.md': `${front('Flood')}
\`\`\`sh {step=flood timeout=5m undo=none}
i=0
while [ $i -lt 400 ]; do echo "line $i"; i=$((i+1)); done
sleep 1
echo "one more"
sleep 2
\`\`\`
`,
});
let hub: Hub;
let eyes: Eyes;

play(catalog, (at) => ({ hub, eyes } = at));

/** A step of the run that a page shows, by a word of its title or its id. */
const stepOf = (page: Page, id: string) => page.locator(`li[data-step="${id}"]`);

/** Starts a run as dana. */
async function start(runbook: string, how: Record<string, unknown> = {}): Promise<Json> {
  return hub.post('/api/v1/runs', { runbook, ...how }, await hub.token('person', 'dana'));
}

/** Ends runs as dana. */
async function end(...runs: Json[]): Promise<void> {
  const dana = await hub.token('person', 'dana');
  for (const run of runs) await hub.post(`/api/v1/runs/${run.id}/course`, { to: 'stop' }, dana);
}

async function state(run: string): Promise<Json> {
  return hub.get(`/api/v1/runs/${run}`);
}

test('a run by itself is begun at its runbook, and what its steps say is read as they say it', async () => {
  const page = await eyes.page('/runbooks/folders/talk');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const asked = page.getByRole('dialog', { name: 'Run Talk' });
  await asked.getByLabel('by itself').check();
  await axe(page);
  await asked.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/\/runs\/RUN-\d+$/);
  const talk = stepOf(page, 'talk');
  await talk.getByText(/runs on hub/).waitFor();
  const said = talk.getByRole('group', { name: /^What .* says$/ });
  await said.getByText("<b>first</b><script>document.title='owned'</script>").waitFor();
  assert.equal(await said.locator('b, script').count(), 0, 'text is text');
  await talk.getByText('● live').waitFor();
  assert.match((await said.locator('.stderr').textContent()) ?? '', /to the other side/);
  await axe(page);
  await said.getByText('last').waitFor();
  assert.equal((await said.textContent())?.match(/last/g)?.length, 1, 'once');
  await page.getByText('complete', { exact: true }).waitFor();
  await talk.getByText('attempt 1 did what it should').waitFor();
  await talk.getByText('nothing of it is left').waitFor();
  const each = stepOf(page, 'each');
  // It is open already where the page saw it run.
  const second = each.getByRole('button', { name: /^Attempt 2 of/ });
  if ((await second.getAttribute('aria-expanded')) === 'false') await second.click();
  await each.getByText('b says hello').waitFor();
  await axe(page);
  assert.match(await page.title(), /Wheelhouse$/);
  const book = await eyes.page('/runbooks/folders/talk?show=runs');
  await book.getByRole('link', { name: /^RUN-/ }).waitFor();
  await axe(book);
});

test('somebody else agrees to exactly what is carried out; whoever asked for it cannot', async () => {
  const run = await start('risky', { pace: 'by_itself' });
  const mine = await eyes.page(`/runs/${run.id}`);
  const asks = stepOf(mine, 'risky').getByRole('region', { name: /^Agreement to/ });
  await asks.getByText('Waits for one to agree').waitFor();
  await asks.getByText('You began this run, so somebody else has to agree.').waitFor();
  await asks.getByText('Can agree: nadia').waitFor();
  assert.equal(await asks.getByRole('button', { name: /gree/ }).count(), 0);
  await axe(mine);
  const now = await eyes.page('/', { as: 'nadia' });
  const wanted = now.getByRole('region', { name: 'Runs that want somebody' });
  await wanted.getByText('a step waits for people to agree').waitFor();
  await axe(now);
  await wanted.getByRole('link', { name: run.id }).click();
  const other = stepOf(now, 'risky').getByRole('region', { name: /^Agreement to/ });
  await other
    .getByRole('group', { name: /^What is carried out/ })
    .getByText('done by')
    .waitFor();
  await other.getByRole('button', { name: /^Do not agree/ }).click();
  await other.getByLabel('Why do you not agree?').fill('not today');
  await now.keyboard.press('Escape');
  await other.getByRole('button', { name: /^Agree to/ }).click();
  await mine.getByText('complete', { exact: true }).waitFor();
});

test('what somebody looked at and what would be carried out now are told apart', async () => {
  const run = await start('risky', { pace: 'by_itself' });
  const page = await eyes.page(`/runs/${run.id}`, { as: 'nadia', size: 'phone', theme: 'dark' });
  const asks = stepOf(page, 'risky').getByRole('region', { name: /^Agreement to/ });
  // Once there is something to agree to; its colour takes a moment.
  await asks.getByRole('group', { name: /^What is carried out/ }).waitFor();
  await page.waitForTimeout(300);
  await axe(page);
  // As if it had become something else in between: what is sent is not what the hub has.
  await page.route(/\/steps\/risky$/, async (route) => {
    const body = { how: 'approve', input: '0'.repeat(64) };
    await route.continue({ postData: JSON.stringify(body) });
  });
  await asks.getByRole('button', { name: /^Agree to/ }).click();
  await asks.getByRole('alert').getByText('It changed since you looked').waitFor();
  await page.unroute(/\/steps\/risky$/);
  await asks.getByRole('button', { name: /^Do not agree/ }).click();
  await asks.getByLabel('Why do you not agree?').fill('not while the shift changes');
  await asks.getByRole('button', { name: 'Do not agree' }).click();
  await page.getByRole('status').getByText('it is halted').waitFor();
  await end(run);
});

test('what hangs is ended on demand, and what waits for its lock says who holds it', async () => {
  const run = await start('hang');
  const page = await eyes.page(`/runs/${run.id}`);
  const hang = stepOf(page, 'hang');
  await hang.getByRole('button', { name: /^Run it/ }).waitFor();
  await page.keyboard.press('x');
  await hang.getByText('it hangs', { exact: true }).waitFor();
  await page.getByText('Holds the lock front-db').waitFor();
  const second = await start('hang', { pace: 'by_itself' });
  const waiting = await eyes.page(`/runs/${second.id}`, { theme: 'dark' });
  await stepOf(waiting, 'hang').getByText('waits for the lock front-db').waitFor();
  await stepOf(waiting, 'hang').getByRole('link', { name: run.id }).waitFor();
  await axe(waiting);
  await stepOf(waiting, 'hang')
    .getByRole('button', { name: /^Cancel/ })
    .click();
  await waiting.getByRole('button', { name: /^Go on/ }).waitFor();
  await hang.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByLabel(/^Why is it ended/).fill('it hangs');
  await hang.getByRole('button', { name: 'End it' }).click();
  await hang.getByText('attempt 1 was cancelled').waitFor();
  await hang.getByText('nothing of it is left').waitFor();
  await hang.getByRole('button', { name: /^Run it/ }).waitFor();
  await end(run, second);
});

test('what was done is taken back when one asks for it', async () => {
  const run = await start('back', { pace: 'by_itself' });
  const page = await eyes.page(`/runs/${run.id}`);
  await page.getByText('1 of 2 settled').waitFor();
  await page.keyboard.press('t');
  const asked = page.getByRole('dialog', { name: `Take back what ${run.id} did?` });
  await asked.getByLabel(/^Why/).fill('wrong node');
  await axe(page);
  await asked.getByRole('button', { name: 'Take back what was done' }).click();
  await page.getByText('taken back', { exact: true }).waitFor();
  await stepOf(page, 'refill').getByText('attempt 1 did what it should').waitFor();
  assert.equal((await state(run.id)).state, 'undone');
});

test('a run is tried out from its runbook: nothing is carried out, and it is marked wherever it is shown', async () => {
  const page = await eyes.page('/runbooks/folders/risky');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const asked = page.getByRole('dialog', { name: 'Run Risky' });
  await asked.getByLabel('only try it out').check();
  await asked.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/\/runs\/RUN-\d+$/);
  await page.getByText('complete', { exact: true }).waitFor();
  await page.getByText('dry run', { exact: true }).waitFor();
  assert.equal(
    await stepOf(page, 'risky').getByText('attempt').count(),
    0,
    'nobody was asked and nothing was done',
  );
  await axe(page);
  // What it would have been is shown when somebody wants to know, and was not read before.
  const risky = stepOf(page, 'risky');
  assert.equal(await risky.getByRole('group', { name: /^What is carried out in/ }).count(), 0);
  await risky.getByText('What it would have been carried out with').click();
  await risky
    .getByRole('group', { name: /^What is carried out in/ })
    .getByText('echo "done by $0"')
    .waitFor();
  await risky.getByText('digest', { exact: true }).waitFor();
  await axe(page);
  const id = page.url().split('/').at(-1) ?? '';
  const tried = await state(id);
  assert.deepEqual([tried.dry_run, tried.progress.skipped, tried.progress.failed], [true, 1, 0]);
  const book = await eyes.page('/runbooks/folders/risky?show=runs');
  await book.getByText('dry run', { exact: true }).first().waitFor();
});

test('what was done is taken back by itself when a step fails, beside the case that it is for', async () => {
  await hub.alert('front', { name: 'FrontDown', summary: 'Front does not answer' });
  const found = await hub.caseOf('front');
  const page = await eyes.page(`/cases/${found.id}?runbook=folders/half`);
  const drawer = page.getByRole('complementary', { name: 'Runbook folders/half' });
  await drawer.getByRole('button', { name: `Run for ${found.id}` }).click();
  const asked = page.getByRole('dialog', { name: 'Run Half' });
  const back = asked.getByLabel(/take back what was done/);
  assert.equal(await back.isDisabled(), true, 'by hand nothing goes back by itself');
  await asked.getByLabel('by itself').check();
  await back.check();
  await asked.getByRole('button', { name: `Run for ${found.id}` }).click();
  await drawer.getByText('taken back, 1 did not work').waitFor();
  await drawer.getByRole('button', { name: 'Steps' }).click();
  await stepOf(page, 'give').getByText('attempt 1 did what it should').waitFor();
  await stepOf(page, 'break').getByText('attempt 1 failed with 4').waitFor();
  await axe(page);
});

test('a run by itself is halted behind a step that failed, and goes on past it', async () => {
  const run = await start('fails', { pace: 'by_itself' });
  const page = await eyes.page(`/runs/${run.id}`, { size: 'phone' });
  const fails = stepOf(page, 'fails');
  await fails.getByText('attempt 1 failed with 3').waitFor();
  await fails.locator('.stderr').getByText('no such thing').waitFor();
  await page.getByRole('status').getByText('it is halted').waitFor();
  await axe(page);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  assert.equal(wide, false);
  await fails.getByRole('button', { name: /^Run it again and go on/ }).click();
  await fails.getByText('attempt 2 failed with 3').waitFor();
  await page.getByRole('button', { name: /^Go on/ }).click();
  await page.getByText('complete, 1 did not work').waitFor();
});

test('output is followed to its end until one scrolls up', async () => {
  const run = await start('flood', { pace: 'by_itself' });
  const page = await eyes.page(`/runs/${run.id}`);
  const said = stepOf(page, 'flood').getByRole('group', { name: /^What .* says$/ });
  await said.getByText('line 399').waitFor();
  const place = () => said.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  await until('its end is in sight', 3_000, async () => (await place()) < 24);
  await said.evaluate((box) => box.scrollTo({ top: 0 }));
  await said.getByText('one more').waitFor();
  assert.equal(await said.evaluate((box) => box.scrollTop), 0, 'nothing moves under the eye');
  await page.getByRole('button', { name: 'Follow the end' }).click();
  await until('its end is in sight again', 3_000, async () => (await place()) < 24);
  await page.getByText('complete', { exact: true }).waitFor();
});

test('of what ran when the hub was killed nobody knows what became, and a person says so', async () => {
  const run = await start('hang', { pace: 'by_itself' });
  await until('it runs', 10_000, async () => (await state(run.id)).steps[0].work?.state === 'leased');
  const page = await eyes.page(`/runs/${run.id}`);
  await stepOf(page, 'hang').getByText('it hangs', { exact: true }).waitFor();
  await hub.kill();
  await hub.up();
  const hang = stepOf(page, 'hang');
  await hang.getByText('Nobody knows what became of it, and').waitFor();
  await hang.getByText('attempt 1 ended nobody knows how').waitFor();
  await hang.getByText('it hangs', { exact: true }).waitFor();
  await page.getByRole('status').getByText('nobody knows what became of a step').waitFor();
  await axe(page);
  const list = await eyes.page('/runs?show=wanting', { theme: 'dark' });
  await list.getByRole('region', { name: 'Runs' }).getByRole('link', { name: run.id }).waitFor();
  await axe(list);
  await page.keyboard.press('w');
  await hang.getByRole('button', { name: /^Did not work/ }).click();
  await page.getByLabel('What happened?').fill('it still hung');
  await hang.getByRole('button', { name: 'It did not work' }).click();
  await page.getByText('complete, 1 did not work').waitFor();
  await list.getByText('No run wants anybody').waitFor();
  await list.getByRole('link', { name: 'Show all that there were' }).click();
  await list.getByRole('link', { name: run.id }).waitFor();
});
