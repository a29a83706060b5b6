// What claims each control, and what the record shows of it.
import { api, read, type Schemas } from '../../lib/api/client';

export type Report = Schemas['ControlReport'];
export type Control = Schemas['Control'];
export type Claim = Schemas['ControlClaim'];

/** Reads the report: as it is now, or as it was at the end of a day. */
export function readControls(day: string, signal: AbortSignal): Promise<Report> {
  const at = instantOf(day);
  return read(api.GET('/api/v1/controls', { params: { query: at ? { at } : {} }, signal }));
}

/** The last instant of a day by the viewer's clock; nothing for today, and for what is no day. */
export function instantOf(day: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null;
  const end = new Date(`${day}T23:59:59`);
  return Number.isNaN(end.getTime()) || end.getTime() >= Date.now() ? null : end.toISOString();
}

/** The controls with these words in their name, or in the name of something that claims them. */
export function fitting(controls: readonly Control[], words: string): Control[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (control: Control): string =>
    [control.name, ...control.claims.flatMap((claim) => [claim.name, claim.title, ...claim.owners])]
      .join(' ')
      .toLowerCase();
  return controls.filter((control) => wanted.every((word) => text(control).includes(word)));
}

/** The entries that a claim rests on, each once: what put it into force, who judged it, its last execution. */
export function entriesOf(claim: Claim): number[] {
  const all = [claim.origin?.entry, claim.judgement_entry, ...(claim.last?.entries ?? [])];
  return [...new Set(all.filter((entry): entry is number => typeof entry === 'number'))];
}

/** The page of what claims a control; nothing where it has none. */
export function hrefOf(claim: Claim): string | null {
  if (claim.kind === 'automation') return `/automations/${encodeURIComponent(claim.name)}`;
  if (claim.kind !== 'runbook') return null;
  return `/runbooks/${claim.name.split('/').map(encodeURIComponent).join('/')}`;
}
