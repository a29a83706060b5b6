// Files as a person brings them into a page: pasted and dropped.
import type { Page } from './browser';

/** A red square of 2 × 2 pixels. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8DAwMDAxAADCBYAG10BBdmz9y8AAAAASUVORK5CYII=';

export interface Given {
  name: string;
  type: string;
  /** Its bytes, base64. */
  bytes: string;
}

/** Pastes files, and perhaps a text, where the focus is, as a browser does it. */
export async function paste(page: Page, files: Given[], text?: string): Promise<void> {
  await page.evaluate(
    ({ files, text }) => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of files) {
        const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
        data.items.add(new File([raw], name, { type }));
      }
      if (text !== undefined) data.setData('text/plain', text);
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      (document.activeElement ?? document.body).dispatchEvent(event);
    },
    { files, text },
  );
}

/** Drops files somewhere on the page. */
export async function drop(page: Page, selector: string, files: Given[]): Promise<void> {
  await page.evaluate(
    ({ selector, files }) => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of files) {
        const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
        data.items.add(new File([raw], name, { type }));
      }
      const target = document.querySelector(selector) ?? document.body;
      for (const kind of ['dragenter', 'dragover', 'drop'])
        target.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    { selector, files },
  );
}

export const png = (name: string): Given => ({ name, type: 'image/png', bytes: PNG });
export const base64 = (text: string): string => Buffer.from(text).toString('base64');
