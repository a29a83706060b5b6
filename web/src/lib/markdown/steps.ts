// Marks in a rendered runbook where its steps stand. They were found by the hub; here they are found again in
// order, by what they say. A step that is not found is no worse off: the list of steps has it.
import type { Schemas } from '../api/client';
import { lasting } from '../time.svelte';
import { slug } from './markdown';

export type Step = Schemas['RunbookStep'];

const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase();

/** How a step is done, in words. */
export function how(step: Step): string[] {
  const { attributes } = step;
  const words: string[] = [];
  if (step.does && step.does !== 'process') words.push(step.does);
  else if (step.program) words.push(step.program);
  if (typeof attributes.timeout_seconds === 'number')
    words.push(`at most ${lasting(attributes.timeout_seconds * 1_000)}`);
  if (attributes.role) words.push(`by ${attributes.role}`);
  if (attributes.approve) words.push(`approved by ${attributes.approve}`);
  if (attributes.each) words.push(`for each of ${attributes.each}`);
  if (attributes.lock) words.push(`holds ${attributes.lock}`);
  if (attributes.undo) words.push(`undone by ${attributes.undo}`);
  if (attributes.idempotent) words.push('may be repeated');
  return words;
}

/** Marks the steps, and gives every heading an address. */
export function markSteps(root: HTMLElement, steps: readonly Step[], prefix: string): void {
  const left = [...steps];
  const seen = new Map<string, number>();
  for (const element of root.querySelectorAll<HTMLElement>('h1, h2, h3, h4, h5, h6, li, pre')) {
    const index = left.findIndex((step) => fits(element, step));
    const step = left[index];
    if (/^H\d$/.test(element.tagName)) address(element, seen, prefix);
    if (!step) continue;
    // What stands above is over: steps come in order of the text.
    left.splice(0, index + 1);
    mark(element, step, prefix);
  }
}

function fits(element: HTMLElement, step: Step): boolean {
  const says = step.kind === 'automated' ? step.script : step.title;
  const wanted = letters(says ?? '');
  if (wanted === '') return false;
  if (step.kind === 'automated')
    return element.tagName === 'PRE' && letters(element.textContent ?? '') === wanted;
  const found = letters(element.textContent ?? '');
  return element.tagName === 'LI'
    ? found.startsWith(wanted.slice(0, 120))
    : /^H\d$/.test(element.tagName) && found === wanted;
}

function mark(element: HTMLElement, step: Step, prefix: string): void {
  element.classList.add('step', step.kind);
  element.dataset['step'] = step.id;
  element.id = `${prefix}step-${step.id}`;
  const badge = document.createElement('span');
  badge.className = 'badge';
  badge.textContent = [step.kind === 'automated' ? `⚙ ${step.id}` : 'by hand', ...how(step)].join(' · ');
  if (element.tagName === 'PRE') element.before(badge);
  else if (step.kind === 'automated' || how(step).length > 0) element.append(badge);
}

function address(heading: HTMLElement, seen: Map<string, number>, prefix: string): void {
  const plain = slug(heading.textContent ?? '');
  const times = seen.get(plain) ?? 0;
  seen.set(plain, times + 1);
  if (plain) heading.id = `${prefix}${times === 0 ? plain : `${plain}-${times}`}`;
}
