// A small organisation for what harbor does not have: hostile texts, gaps and overrides these days, findings,
// and drills that are soon over.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a stranger may have written. */
export const HOSTILE = `<img src=x onerror="document.title='owned'"><script>alert(1)</script>`;

/** The folder of a catalog. */
export class SmallCatalog {
  readonly folder = mkdtempSync(join(tmpdir(), 'wheelhouse-small-'));

  /** With runbooks, by the names of their files. */
  constructor(runbooks: Record<string, string> = {}) {
    mkdirSync(join(this.folder, 'ops/runbooks'), { recursive: true });
    for (const [name, text] of Object.entries(runbooks)) this.write(name, text);
    writeFileSync(join(this.folder, 'ops/all.yaml'), documents());
  }

  /** Writes a runbook. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, 'ops/runbooks', name), text);
  }

  /** Adds documents, in a file of this name. */
  add(name: string, documents: string): void {
    writeFileSync(join(this.folder, 'ops', name), documents);
  }

  /** Removes it. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A day from today at nine, as documents write it. */
function nine(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T09:00`;
}

function documents(): string {
  return `kind: Organization
name: small
default_team: crew
fallback: {schedule: crew}
notices_settle: 1s
---
kind: Person
name: dana
display_name: Dana Okafor
time_zone: Europe/Berlin
contacts: [{email: dana@small.example}]
---
kind: Person
name: nadia
display_name: Nadia Haddad
contacts: [{email: nadia@small.example}]
---
kind: Team
name: crew
members: [dana, nadia]
contacts: [{email: crew@small.example}]
escalation: crew
---
kind: Team
name: guests
members: [nadia]
---
kind: Schedule
name: crew
team: crew
time_zone: Europe/Berlin
rotation: {people: [dana], start: 2026-01-05T09:00, every: 1d}
overrides:
  - {person: nadia, from: ${nine(7)}, until: ${nine(8)}}
---
kind: Schedule
name: holes
team: crew
time_zone: Europe/Berlin
layers:
  - {people: [nadia], start: 2026-01-05T09:00, every: 1w, until: ${nine(8)}}
  - {people: [dana], start: ${nine(9)}, every: 1w}
---
kind: Schedule
name: later
team: guests
time_zone: Europe/Berlin
rotation: {people: [nadia], start: ${nine(20)}, every: 1w}
---
kind: Escalation
name: crew
team: crew
steps:
  - page: {schedule: crew}
  - {after: 10m, page: {team: crew}}
---
kind: Source
name: prometheus
team: crew
---
kind: Service
name: front
team: crew
tier: 1
summary: ${JSON.stringify(HOSTILE)}
depends_on: [back, {service: mail, strength: soft}]
objectives: {availability: 99.9% over 30d}
links: {"runbook": "https://runbooks.example.org/front/down.md", "${'script'}": "javascript:document.title='owned'"}
---
kind: Service
name: back
team: crew
---
kind: Service
name: mail
team: guests
---
kind: Drill
name: short
team: crew
summary: Front stops, and comes back.
signals:
  - {at: 0s, labels: {alertname: FrontDown, service: front, severity: critical}, annotations: {summary: ${JSON.stringify(HOSTILE)}}}
  - {at: 5s, labels: {alertname: FrontDown, service: front, severity: critical}, resolved: true}
expect:
  - {opened: front, within: 5s}
  - {paged: {schedule: crew}, of: front, within: 15s}
  - {resolved: front, within: 20s}
---
kind: Drill
name: too-much
team: crew
signals:
  - {at: 0s, labels: {alertname: BackDown, service: back, severity: critical}}
expect:
  - {opened: back, within: 5s}
  - {told: {team: guests}, of: back, within: 2s}
  - {not_opened: mail}
`;
}
