// The one way to the hub. `await read(api.GET('/api/v1/cases', …))` gives the body or throws a
// `ProblemError`; `readTagged` gives its ETag as well, for `If-Match`.
import createClient from 'openapi-fetch';
import { clock } from '../time.svelte';
import { problemOf, ProblemError, unreachable } from './problem';
import type { components, paths } from './schema';

/** The shapes of the API, by their names in its document. */
export type Schemas = components['schemas'];

/** Told when the hub no longer knows who asks. */
let signedOut: () => void = () => {};

/** Says what to do when the hub no longer knows who asks. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

/** Says that the hub no longer knows who asks. */
export function signOut(): void {
  signedOut();
}

/** Asks the hub, with what every request carries; throws where nothing answers. */
export async function ask(input: Request | string, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  request.headers.set('X-Wheelhouse', '1');
  const asked = Date.now();
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  clock.hear(response.headers.get('date'), asked);
  if (response.status === 401 && !request.url.endsWith('/api/v1/session')) signedOut();
  return response;
}

/** The hub's API, typed by its own document. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request: Request) => ask(request),
});

/** What `openapi-fetch` gives back. */
interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** A body that is JSON: where an address gives CSV as well, that is not it. */
type Body<T> = Exclude<NonNullable<T>, string>;

/** The body of an answer that says yes; throws a `ProblemError` otherwise. */
export async function read<T>(asked: Promise<Answer<T>>): Promise<Body<T>> {
  return (await readTagged(asked)).data;
}

/** A body, its ETag where it has one, and the commit that holds the change where it made one. */
export interface Tagged<T> {
  data: T;
  etag: string | null;
  commit: number | null;
}

/** As `read`, with what the headers say. */
export async function readTagged<T>(asked: Promise<Answer<T>>): Promise<Tagged<Body<T>>> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(response.status, error);
  const commit = response.headers.get('wheelhouse-commit');
  return {
    data: data as Body<T>,
    etag: response.headers.get('etag'),
    commit: commit === null ? null : Number(commit),
  };
}

/** A fresh `Idempotency-Key`: one for each thing a person means to do, kept when it is tried again. */
export function onceKey(): string {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

/** All pages of a list, up to `most` items. */
export async function readAll<T>(
  page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>,
  most = 5_000,
): Promise<{ items: T[]; complete: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const got = await page(cursor);
    items.push(...got.items);
    if (!got.next_cursor) return { items, complete: true };
    if (items.length >= most) return { items, complete: false };
    cursor = got.next_cursor;
  }
}

export { ProblemError };
