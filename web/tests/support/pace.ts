// How long changes take to be on the screen while fifty happen a second.
import type { Page } from './browser';
import { until, type Hub } from './hub';

/** How many changes happen, and how many a second. */
const CHANGES = 150;
const A_SECOND = 50;

/** How long changes took, in milliseconds, shortest first. */
export interface Took {
  /** From asking for one. */
  asked: number[];
  /** From the hub's answer: when it is committed. */
  answered: number[];
}

/** What is seen: up to where it was counted, and when the frame began that painted it. */
interface Step {
  count: number;
  at: number;
}

/** A share of what was measured: `share(all, 0.99)` is what one in a hundred exceeds. */
export function share(all: readonly number[], part: number): number {
  return all[Math.min(all.length - 1, Math.floor(all.length * part))] ?? NaN;
}

/** `p50 17 ms, p99 41 ms, longest 43 ms`. */
export function words(all: readonly number[]): string {
  return `p50 ${share(all, 0.5)} ms, p99 ${share(all, 0.99)} ms, longest ${all.at(-1)} ms`;
}

/** Watches a number on a page that a pattern finds: when each count was reached. */
async function watch(page: Page, pattern: string): Promise<void> {
  await page.evaluate((finds) => {
    const number = new RegExp(finds);
    const steps: Step[] = ((window as unknown as { steps: Step[] }).steps = []);
    const look = (): void => {
      const count = Number(number.exec(document.querySelector('main')?.textContent ?? '')?.[1] ?? 0);
      if (count <= (steps.at(-1)?.count ?? 0)) return;
      const step = { count, at: Infinity };
      steps.push(step);
      requestAnimationFrame(() => (step.at = Date.now()));
    };
    new MutationObserver(look).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  }, pattern);
}

/** Reports a service in trouble again and again; says when each report was asked for and answered. */
export async function report(
  hub: Hub,
  service: string,
): Promise<{ asked: number; at: number; count: number }[]> {
  const person = await hub.token('person', 'dana');
  const answered: { asked: number; at: number; count: number }[] = [];
  const sent: Promise<void>[] = [];
  const start = Date.now();
  for (let number = 0; number < CHANGES; number += 1) {
    await new Promise((resolve) => setTimeout(resolve, start + (number * 1_000) / A_SECOND - Date.now()));
    const asked = Date.now();
    const told = hub.post('/api/v1/cases', { title: 'It is slow', service, severity: 'sev2' }, person);
    sent.push(told.then((done) => void answered.push({ asked, at: Date.now(), count: done.firing })));
  }
  await Promise.all(sent);
  return answered;
}

/** How long reports take to be on a page that counts them, the number being what a pattern finds. */
export async function changesToScreen(hub: Hub, page: Page, service: string, pattern: string): Promise<Took> {
  await watch(page, pattern);
  const answered = await report(hub, service);
  const last = Math.max(...answered.map(({ count }) => count));
  const steps = await until('every change is on the screen', 20_000, async () => {
    const all = await page.evaluate(() => (window as unknown as { steps: Step[] }).steps);
    return all.at(-1)?.count === last && Number.isFinite(all.at(-1)?.at) ? all : null;
  });
  // A row counts from the second report on.
  const counted = answered.filter(({ count }) => count > 1);
  const took = (from: (change: (typeof answered)[number]) => number): number[] =>
    counted
      .map((change) => (steps.find((step) => step.count >= change.count)?.at ?? NaN) - from(change))
      .sort((left, right) => left - right);
  return { asked: took(({ asked }) => asked), answered: took(({ at }) => at) };
}
