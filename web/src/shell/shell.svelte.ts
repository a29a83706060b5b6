// What of the shell is open.

class Shell {
  /** The command palette. */
  palette = $state(false);
  /** The list of keys. */
  keys = $state(false);
}

export const shell = new Shell();
