// Short words about what just happened; with a way back where there is one.

export interface Toast {
  id: number;
  words: string;
  kind: 'done' | 'failed';
  undo?: () => void;
}

const SHOWN = 6_000;
/** The same where there is a way back: one has to read, and to reach it. */
const SHOWN_WITH_UNDO = 12_000;

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  /** Says what was done; `undo` offers the way back. */
  done(words: string, undo?: () => void): void {
    this.show({ words, kind: 'done', ...(undo ? { undo } : {}) });
  }

  /** Says what did not work; it stays until it is closed. */
  failed(words: string): void {
    this.show({ words, kind: 'failed' });
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  private show(toast: Omit<Toast, 'id'>): void {
    const id = this.next++;
    this.list = [...this.list.slice(-2), { ...toast, id }];
    const long = toast.undo ? SHOWN_WITH_UNDO : SHOWN;
    if (toast.kind === 'done') setTimeout(() => this.close(id), long);
  }
}

export const toasts = new Toasts();
