// What can be asked of a case, and what comes of it.
import type { Schemas } from '../../lib/api/client';

export type CaseDetail = Schemas['CaseDetail'];

/** What can be asked of a case, and the body that each takes. */
export interface Bodies {
  acknowledge: Schemas['Acknowledge'];
  assign: Schemas['Assign'];
  links: Schemas['LinkRequest'];
  unlink: Schemas['LinkRequest'];
  missed: Schemas['RecordMiss'];
  mitigate: Schemas['Mitigate'];
  notes: Schemas['Note'];
  pages: Schemas['PageRequest'];
  reopen: Schemas['Reopen'];
  resolve: Schemas['Resolve'];
  roles: Schemas['SetRole'];
  severity: Schemas['SetSeverity'];
  updates: Schemas['Update'];
}

/** What came of a change that was asked for. */
export type Outcome =
  | { kind: 'done'; now: CaseDetail }
  /** Somebody else changed the case first; nothing was done. */
  | { kind: 'changed'; base: CaseDetail; now: CaseDetail }
  | { kind: 'failed'; error: unknown };

/** A change that met another one, and how to ask for it again. */
export interface Met {
  /** What was wanted, for example `set the severity to sev2`. */
  wanted: string;
  base: CaseDetail;
  now: CaseDetail;
  again: () => Promise<void>;
}

/** The questions that may stand in front of the page. */
export type Question =
  'update' | 'resolve' | 'reopen' | 'severity' | 'assign' | 'page' | 'link' | 'missed' | 'laydown';
