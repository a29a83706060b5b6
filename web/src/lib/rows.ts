// Going through rows by key: every link to a case that carries `data-case` is a stop.

/** The case that has the focus. */
export function focusedCase(): string | null {
  const focused = document.activeElement;
  return focused instanceof HTMLElement
    ? (focused.closest<HTMLElement>('[data-case]')?.dataset['case'] ?? null)
    : null;
}

/** Gives the focus to the next row, or to the one before. */
export function stepCase(by: 1 | -1): void {
  step('[data-case]', by);
}

/** The same for rows of another kind: whatever of the page fits the selector is a stop. */
export function step(selector: string, by: 1 | -1): void {
  const stops = [...document.querySelectorAll<HTMLElement>(`main ${selector}`)].filter((stop) =>
    stop.checkVisibility(),
  );
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (by === 1 ? 0 : stops.length - 1) : Math.min(stops.length - 1, Math.max(0, at + by));
  stops[next]?.focus();
  stops[next]?.scrollIntoView({ block: 'nearest' });
}
