// What the keyboard does. A component says what its keys do while it is on the screen:
// `useKeys(() => [{ keys: 'a', words: 'Acknowledge', run: … }])`. `?` shows them, the palette offers them.
import { untrack } from 'svelte';

/** Something that can be done by key, and from the palette. */
export interface Deed {
  /** The keys: one (`a`, `Enter`, `?`), or two one after the other (`g n`); none for the palette alone. */
  keys?: string;
  /** What it does, as one would ask for it. */
  words: string;
  run: () => void;
  /** Where it stands in the list of keys. */
  group?: string;
  /** Whether the palette leaves it out. */
  hidden?: boolean;
}

/** How long the second of two keys is waited for. */
const SECOND_KEY = 1_200;

class Keys {
  /** What can be done now, the latest component's first. */
  deeds = $derived.by(() => [...this.sources].reverse().flatMap((source) => source()));

  private sources = $state.raw<(() => Deed[])[]>([]);
  private first = '';
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    window.addEventListener('keydown', (event) => this.press(event));
  }

  add(source: () => Deed[]): () => void {
    untrack(() => (this.sources = [...this.sources, source]));
    return () => untrack(() => (this.sources = this.sources.filter((other) => other !== source)));
  }

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]')) return;
    if (document.querySelector('[role="dialog"][data-state="open"]')) return;
    // A control that is pressed by Enter or Space keeps them.
    if ((event.key === 'Enter' || event.key === ' ') && target?.closest('a, button, summary')) return;
    const pressed = this.first === '' ? event.key : `${this.first} ${event.key}`;
    this.first = '';
    clearTimeout(this.timer);
    const deed = this.deeds.find((deed) => deed.keys === pressed);
    if (deed) {
      event.preventDefault();
      deed.run();
    } else if (this.deeds.some((deed) => deed.keys?.startsWith(`${event.key} `))) {
      event.preventDefault();
      this.first = event.key;
      this.timer = setTimeout(() => (this.first = ''), SECOND_KEY);
    }
  }
}

export const keys = new Keys();

/** Offers deeds as long as the component is on the screen. */
export function useKeys(deeds: () => Deed[]): void {
  $effect(() => keys.add(deeds));
}
