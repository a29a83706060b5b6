// What somebody is writing: kept in this tab, so that neither an update of the page nor a reload loses it.

export class Draft {
  private readonly place: string;
  private words = $state('');

  constructor(place: string) {
    this.place = `wheelhouse.draft ${place}`;
    this.words = sessionStorage.getItem(this.place) ?? '';
  }

  get text(): string {
    return this.words;
  }

  set text(text: string) {
    this.words = text;
    try {
      if (text === '') sessionStorage.removeItem(this.place);
      else sessionStorage.setItem(this.place, text);
    } catch {
      // A browser that keeps nothing still lets one write.
    }
  }

  /** Empties it: it was sent. */
  forget(): void {
    this.text = '';
  }
}
