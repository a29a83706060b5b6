// Time as the hub has it, ticking once a second, and how people read it: ages, countdowns, instants in
// the viewer's zone.

const ZONE = 'wheelhouse.zone';
/** Below this the browser's clock is right enough. */
const SKEW_THAT_COUNTS = 2_000;

class Clock {
  /** Now, by the hub's clock; changes once a second. */
  now = $state(Date.now());
  /** The zone that instants are shown in. */
  zone = $state(localStorage.getItem(ZONE) ?? ownZone());
  private skew = 0;

  constructor() {
    const tick = (): void => {
      this.now = this.exact();
      setTimeout(tick, 1_000 - (this.now % 1_000));
    };
    tick();
  }

  /** Now to the millisecond, without making anything depend on it. */
  exact(): number {
    return Date.now() + this.skew;
  }

  /** Learns from the `Date` of an answer, which has whole seconds, how wrong this machine's clock is. */
  hear(date: string | null, asked: number): void {
    const told = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(told)) return;
    const off = told + 500 - (asked + Date.now()) / 2;
    this.skew = Math.abs(off) > SKEW_THAT_COUNTS ? off : 0;
  }

  /** Chooses the zone; null for the browser's own. */
  choose(zone: string | null): void {
    this.zone = zone ?? ownZone();
    if (zone === null) localStorage.removeItem(ZONE);
    else localStorage.setItem(ZONE, zone);
  }

  /** Whether the zone was chosen here. */
  get chosen(): boolean {
    return this.zone !== ownZone();
  }
}

export const clock = new Clock();

/** The browser's own zone. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** How long something lasts: `42 s`, `6 min`, `3 h 12 min`, `4 d 3 h`. */
export function lasting(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 || days > 6 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** How long until something: `2:40` below an hour, else as `lasting`. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000));
  if (seconds >= 3_600) return lasting(milliseconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${zone}`;
  let found = formats.get(key);
  if (!found)
    formats.set(
      key,
      (found = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options })),
    );
  return found;
}

/** An instant to the second with its date and zone: `Mon 23 Nov 2026, 10:02:11 GMT+1`. */
export function exactly(instant: string | number, zone = clock.zone): string {
  return format('exact', zone, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(instant));
}

/** The time of the day: `10:02`, or `10:02:11`. */
export function timeOfDay(instant: string | number, seconds = false, zone = clock.zone): string {
  return format(seconds ? 'seconds' : 'minutes', zone, {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' as const } : {}),
  }).format(new Date(instant));
}

/** The day of an instant: `Mon 23 Nov`. */
export function day(instant: string | number, zone = clock.zone): string {
  return format('day', zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(new Date(instant));
}

/** When something is, as short as it is clear today: `10:02`, `Mon 09:00` within a week, `23 Nov 09:00`. */
export function moment(instant: string | number, zone = clock.zone): string {
  const then = new Date(instant);
  const time = timeOfDay(instant, false, zone);
  if (day(instant, zone) === day(clock.now, zone)) return time;
  if (Math.abs(then.getTime() - clock.now) < 6.5 * 86_400_000) {
    return `${format('weekday', zone, { weekday: 'short' }).format(then)} ${time}`;
  }
  return `${format('date', zone, { day: 'numeric', month: 'short' }).format(then)} ${time}`;
}
