// A file on its way to the hub. `fetch` does not say how far it is, so this asks as browsers did before it.
import { clock } from '../time.svelte';
import { signOut, type Schemas } from './client';
import { problemOf, ProblemError, unreachable } from './problem';

/** What is said of a file beside its bytes. */
export interface Said {
  name: string;
  description?: string;
  text?: string;
}

/** A text as a parameter of a header (RFC 8187). */
function encoded(text: string): string {
  const plain = encodeURIComponent(text);
  return `UTF-8''${plain.replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}

/** What `Content-Disposition` says: it keeps names and notes out of the logs that addresses end up in. */
export function disposition(said: Said): string {
  const parts = [['filename', said.name] as const, ['description', said.description] as const];
  const given = [...parts, ['text', said.text] as const].filter(([, value]) => value !== undefined);
  return ['attachment', ...given.map(([name, value]) => `${name}*=${encoded(value ?? '')}`)].join('; ');
}

/** Sends a file to the address where it is attached; `once` is its `Idempotency-Key`, `tell` hears how far it is, 0 to 1. */
export function upload(
  to: string,
  file: Blob,
  said: Said,
  once: string,
  tell: (part: number) => void,
): Promise<Schemas['TimelineEntry']> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const asked = Date.now();
    request.open('POST', to);
    request.setRequestHeader('X-Wheelhouse', '1');
    request.setRequestHeader('Idempotency-Key', once);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Content-Disposition', disposition(said));
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) tell(event.loaded / event.total);
    };
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      clock.hear(request.getResponseHeader('date'), asked);
      const body = read(request.responseText);
      if (request.status === 201) return resolve(body as Schemas['TimelineEntry']);
      if (request.status === 401) signOut();
      reject(problemOf(request.status, body));
    };
    request.send(file);
  });
}

/** Whether the same may be asked again: nobody knows what became of it. */
export function mayAskAgain(error: unknown): boolean {
  return error instanceof ProblemError && error.passes;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
