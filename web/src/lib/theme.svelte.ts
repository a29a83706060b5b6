// Light or dark: as the system wishes, or as chosen here; the choice stays in this browser.

export type Choice = 'system' | 'light' | 'dark';

const KEY = 'wheelhouse.theme';
const night = window.matchMedia('(prefers-color-scheme: dark)');

function stored(): Choice {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

class Theme {
  /** What was chosen. */
  choice = $state<Choice>(stored());
  private system = $state(night.matches);

  constructor() {
    night.addEventListener('change', () => {
      this.system = night.matches;
      this.apply();
    });
  }

  /** Whether it is dark now. */
  get dark(): boolean {
    return this.choice === 'system' ? this.system : this.choice === 'dark';
  }

  /** Chooses, and remembers it. */
  choose(choice: Choice): void {
    this.choice = choice;
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
    this.apply();
  }

  /** The next choice, for a button that goes round. */
  next(): void {
    this.choose(this.choice === 'system' ? 'light' : this.choice === 'light' ? 'dark' : 'system');
  }

  /** Tells the page. */
  apply(): void {
    document.documentElement.dataset['theme'] = this.dark ? 'dark' : 'light';
  }
}

export const theme = new Theme();
