// Files that somebody is about to attach: pasted, dropped or chosen, kept here until the hub has them.
import { onceKey, type Schemas } from '../api/client';
import { wordsOf } from '../api/problem';
import { mayAskAgain, upload } from '../api/upload';

/** The largest file that the hub takes, in bytes. */
export const LARGEST = 5 << 20;
/** The longest note that goes with a file, in bytes; a longer one is a note of its own. */
const LONGEST_TEXT = 4_000;
/** How many files wait at most. */
const MOST = 20;

/** A file that waits. */
export class Waiting {
  readonly id: number;
  readonly file: File;
  /** An address under which this page alone can show it; null where it is no image. */
  readonly preview: string | null;
  /** What there is to see in it, by the person's word. */
  description = $state('');
  /** How much of it the hub has, 0 to 1; null while it is not being sent. */
  sent = $state<number | null>(null);
  failed = $state<string | null>(null);
  /** The key under which it is sent, and sent again. */
  once = onceKey();

  constructor(id: number, file: File) {
    this.id = id;
    this.file = file;
    this.preview = /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? URL.createObjectURL(file) : null;
    if (file.size > LARGEST) this.failed = 'larger than 5 MiB; compress it, or link to where it lies';
    else if (file.size === 0) this.failed = 'empty';
  }

  /** Whether the hub would take it. */
  get fits(): boolean {
    return this.file.size > 0 && this.file.size <= LARGEST;
  }
}

/** The files that wait in one place. */
export class Attaching {
  files = $state.raw<Waiting[]>([]);
  private next = 1;

  /** Takes files in; says what it left out. */
  add(files: readonly File[]): string | null {
    const room = Math.max(0, MOST - this.files.length);
    this.files = [...this.files, ...files.slice(0, room).map((file) => new Waiting(this.next++, file))];
    return files.length > room ? `Only ${MOST} files wait at a time; add the others afterwards.` : null;
  }

  remove(one: Waiting): void {
    if (one.preview) URL.revokeObjectURL(one.preview);
    this.files = this.files.filter((other) => other !== one);
  }

  /** Forgets all of them. */
  clear(): void {
    this.files.forEach((one) => this.remove(one));
  }

  /**
   * Sends them to an address one after the other, the text with the first; stops at the first that fails, and says
   * why.
   */
  async send(to: string, text: string, textWent: () => void): Promise<string | null> {
    let left = text;
    for (const one of [...this.files]) {
      if (!one.fits) return `${one.file.name} is ${one.failed ?? 'not to be sent'}`;
      one.sent = 0;
      one.failed = null;
      try {
        const description = one.description.trim().replaceAll(/\s+/g, ' ');
        const said = {
          name: one.file.name,
          ...(description ? { description } : {}),
          ...(left ? { text: left } : {}),
        };
        await upload(to, one.file, said, one.once, (part) => (one.sent = part));
      } catch (error) {
        one.sent = null;
        one.failed = wordsOf(error);
        // What was refused may be changed before it is sent again: that is another request.
        if (!mayAskAgain(error)) one.once = onceKey();
        return `${one.file.name}: ${one.failed}`;
      }
      if (left) textWent();
      left = '';
      this.remove(one);
    }
    return null;
  }
}

/** Whether a text is short enough to go with a file. */
export function goesAlong(text: string): boolean {
  return new TextEncoder().encode(text).length <= LONGEST_TEXT;
}

/** The files of what was pasted or dropped. Where there is a text as well, such as cells of a table with their picture, the text is meant. */
export function filesOf(data: DataTransfer | null): File[] {
  if (!data || [...data.types].includes('text/plain')) return [];
  return [...data.files];
}

/** Where the files of a case are. */
export function filesOfCase(id: string): string {
  return `/api/v1/cases/${encodeURIComponent(id)}/attachments`;
}

/** Where the files of a run are that is for no case. */
export function filesOfRun(id: string): string {
  return `/api/v1/runs/${encodeURIComponent(id)}/attachments`;
}

/** Where files are sent that belong to a step of a run. */
export function filesOfStep(run: string, step: string): string {
  return `/api/v1/runs/${encodeURIComponent(run)}/steps/${encodeURIComponent(step)}/attachments`;
}

/** Where the bytes of one of these files are. */
export function placeOf(files: string, file: Schemas['AttachmentView'], download = false): string {
  return `${files}/${file.number}${download ? '?download=true' : ''}`;
}
