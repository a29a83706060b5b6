// One runbook: what it says, its versions, what is different between them.
import { api, read, type Schemas } from '../../lib/api/client';

export type Detail = Schemas['RunbookDetail'];
export type Version = Schemas['RunbookVersion'];
export type Diff = Schemas['RunbookDiff'];

/** The two parts of a runbook's name. */
export interface Name {
  repository: string;
  name: string;
}

/** Reads a runbook. */
export function readRunbook(path: Name, signal: AbortSignal): Promise<Detail> {
  return read(api.GET('/api/v1/runbooks/{repository}/{name}', { params: { path: { ...path } }, signal }));
}

/** The versions that the hub had in force, newest first. */
export async function readVersions(path: Name, signal: AbortSignal): Promise<Version[]> {
  const address = '/api/v1/runbooks/{repository}/{name}/versions';
  return (await read(api.GET(address, { params: { path: { ...path } }, signal }))).items;
}

/** What is different between two versions. */
export function readDiff(path: Name, from: string, to: string, signal?: AbortSignal): Promise<Diff> {
  const params = { path: { ...path }, query: { from, to } };
  const address = '/api/v1/runbooks/{repository}/{name}/diff';
  return read(api.GET(address, { params, ...(signal ? { signal } : {}) }));
}

/** Takes the name apart: `payments/drain`. */
export function nameOf(full: string): Name {
  const [repository = '', name = ''] = full.split('/');
  return { repository, name };
}

/** The Markdown of a file, without what stands ahead of it. */
export function bodyOf(detail: Detail): string {
  if (detail.body === 0) return detail.text;
  // The hub counts bytes.
  return new TextDecoder().decode(new TextEncoder().encode(detail.text).slice(detail.body));
}
