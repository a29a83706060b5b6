// How fast the app is, printed: `npm run measure`, or `npm run measure -- 3` for other than five rounds. One
// page at a time, since each page here shares the machine with the hub; then many who only listen.
import { get } from 'node:http';
import { Eyes } from './support/browser';
import { Hub } from './support/hub';
import { changesToScreen, report, share, words, type Took } from './support/pace';

const rounds = Number(process.argv[2] ?? 5);
/** How often an address is opened a round. */
const OPENED = 10;
/** How many listen to the stream in the end. */
const LISTENERS = 300;
/** From an address to the first case on Now, in milliseconds by the page's own clock, shortest first. */
async function toNow(eyes: Eyes): Promise<number[]> {
  const took: number[] = [];
  for (let number = 0; number < OPENED; number += 1) {
    // A context of its own, so that nothing is in its cache.
    const page = await eyes.page('/readyz');
    await page.addInitScript(() => {
      const look = new MutationObserver(() => {
        if (!document.querySelector('main [data-case]')) return;
        look.disconnect();
        requestAnimationFrame(() => ((window as unknown as { took: number }).took = performance.now()));
      });
      look.observe(document, { childList: true, subtree: true });
    });
    await page.goto('/');
    const found = await page.waitForFunction(() => (window as unknown as { took?: number }).took);
    took.push(Math.round((await found.jsonValue()) ?? NaN));
    await eyes.rest();
  }
  return took.sort((left, right) => left - right);
}

for (let round = 1; round <= rounds; round += 1) {
  const hub = await Hub.start();
  const eyes = await Eyes.open(hub);
  try {
    await hub.alerts([
      ['payments-api', { summary: 'One in five payments fails' }],
      ['ledger', { summary: 'The ledger is down' }],
      ['waste-calendar', { severity: 'warning' }],
    ]);
    await hub.caseOf('waste-calendar');
    console.log(`round ${round}, address to what is wrong on Now: ${spread(await toNow(eyes))}`);
    const now = await eyes.page('/');
    await now.locator('main [data-case]').first().waitFor();
    tell(`round ${round}, Now`, await changesToScreen(hub, now, 'school-places', '(\\d+) signals fire'));
    await eyes.rest();
    const slow = { title: 'It is slow', service: 'tax-filing', severity: 'sev2' };
    const found = await hub.post('/api/v1/cases', slow, await hub.token('person', 'dana'));
    const room = await eyes.page(`/cases/${found.id}`);
    await room.getByText('1 of 1 fire').first().waitFor();
    tell(`round ${round}, the room`, await changesToScreen(hub, room, 'tax-filing', '(\\d+) of \\d+ fire'));
    await eyes.rest();
    const stop = await listen(hub);
    const answers = (await report(hub, 'school-places')).map(({ asked, at }) => at - asked);
    stop();
    console.log(
      `round ${round}, ${LISTENERS} listen: request to answer ${words(answers.sort((l, r) => l - r))}`,
    );
  } finally {
    await eyes.close();
    await hub.stop();
  }
}

/** Has many listen to the stream and throw away what they hear, until the returned function is called. */
async function listen(hub: Hub): Promise<() => void> {
  const headers = { Authorization: `Bearer ${await hub.token('person', 'dana')}` };
  const stops = await Promise.all(
    Array.from({ length: LISTENERS }, async () => {
      const asked = get(`${hub.url}/api/v1/stream`, { headers, agent: false });
      asked.on('error', () => {});
      await new Promise((heard) => asked.once('response', (answer) => heard(answer.resume())));
      return () => asked.destroy();
    }),
  );
  return () => stops.forEach((stop) => stop());
}

function spread(all: readonly number[]): string {
  return `median ${share(all, 0.5)} ms, longest ${all.at(-1)} ms, n ${all.length}`;
}

function tell(where: string, took: Took): void {
  console.log(
    `${where}, 50 changes a second: answer to screen ${words(took.answered)}; n ${took.answered.length}`,
  );
  console.log(`${where}, the same from the request: ${words(took.asked)}`);
}
