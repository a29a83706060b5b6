// Days in the viewer's zone, and where shifts lie on them. Days are as long as they are: 23 or 25 hours
// when clocks change.
import { Temporal } from 'temporal-polyfill';
import type { Schemas } from '../../lib/api/client';

/** How much is shown: one day, a week, four weeks. */
export type Span = 'day' | 'week' | 'weeks';

const DAYS: Record<Span, number> = { day: 1, week: 7, weeks: 28 };

/** A day, or three hours of one where only one day is shown; in milliseconds. */
export interface Tick {
  start: number;
  words: string;
  /** Fewer words, for where there is little room. */
  short: string;
  weekend: boolean;
  /** Whether it is now. */
  current: boolean;
}

/** What is shown. */
export interface Range {
  start: number;
  end: number;
  ticks: Tick[];
  /** The first day, as the address has it. */
  first: string;
  /** The first days of the ranges before and after. */
  before: string;
  after: string;
  words: string;
  /** Whether it is now. */
  current: boolean;
}

/** The range that a day lies in: that day, or the weeks from its Monday on. */
export function rangeOf(span: Span, wanted: string | null, zone: string, now: number): Range {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
  const asked = plainDate(wanted) ?? today;
  const first = span === 'day' ? asked : asked.subtract({ days: asked.dayOfWeek - 1 });
  const days = DAYS[span];
  const last = first.add({ days: days - 1 });
  const at = (date: Temporal.PlainDate): number => date.toZonedDateTime({ timeZone: zone }).epochMilliseconds;
  const [start, end] = [at(first), at(first.add({ days }))];
  return {
    start,
    end,
    ticks: span === 'day' ? hours(first, zone, now) : dates(first, days, at, today),
    first: first.toString(),
    before: first.subtract({ days }).toString(),
    after: first.add({ days }).toString(),
    words:
      span === 'day'
        ? say(first, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
        : between(first, last),
    current: start <= now && now < end,
  };
}

function plainDate(text: string | null): Temporal.PlainDate | null {
  try {
    return text === null ? null : Temporal.PlainDate.from(text);
  } catch {
    return null;
  }
}

function say(date: Temporal.PlainDate, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options }).format(
    date.toZonedDateTime('UTC').epochMilliseconds,
  );
}

function between(first: Temporal.PlainDate, last: Temporal.PlainDate): string {
  const month: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  const start =
    first.year !== last.year
      ? say(first, { ...month, year: 'numeric' })
      : first.month === last.month
        ? String(first.day)
        : say(first, month);
  return `${start} – ${say(last, { ...month, year: 'numeric' })}`;
}

function dates(
  first: Temporal.PlainDate,
  days: number,
  at: (date: Temporal.PlainDate) => number,
  today: Temporal.PlainDate,
): Tick[] {
  return Array.from({ length: days }, (_, index) => {
    const date = first.add({ days: index });
    return {
      start: at(date),
      words: say(date, { weekday: 'short', day: 'numeric', month: 'short' }),
      short: date.day === 1 ? say(date, { month: 'short' }) : String(date.day),
      weekend: date.dayOfWeek > 5,
      current: date.equals(today),
    };
  });
}

function hours(day: Temporal.PlainDate, zone: string, now: number): Tick[] {
  return [0, 3, 6, 9, 12, 15, 18, 21].map((hour) => {
    const at = (of: number): number =>
      of === 24
        ? day.add({ days: 1 }).toZonedDateTime({ timeZone: zone }).epochMilliseconds
        : day.toZonedDateTime({ timeZone: zone, plainTime: new Temporal.PlainTime(of) }).epochMilliseconds;
    const words = `${String(hour).padStart(2, '0')}:00`;
    return {
      start: at(hour),
      words,
      short: words,
      weekend: false,
      current: at(hour) <= now && now < at(hour + 3),
    };
  });
}

/** A shift or a gap on the days shown; its place in per cent of them. */
export interface Block {
  key: string;
  /** Who; null for a gap. */
  person: string | null;
  from: string;
  until: string;
  override: boolean;
  /** Whether it goes on although the rotation was edited. */
  earlier: boolean;
  layer: number | null;
  left: number;
  width: number;
  /** Whether it is now. */
  current: boolean;
}

/** The shifts and gaps of a schedule that lie on the days shown, in order. */
export function blocksOf(schedule: Schemas['ScheduleShifts'], range: Range, now: number): Block[] {
  const place = (from: string, until: string): Pick<Block, 'left' | 'width' | 'current'> => {
    const [start, end] = [Date.parse(from), Date.parse(until)];
    const share = (at: number): number =>
      ((Math.min(range.end, Math.max(range.start, at)) - range.start) / (range.end - range.start)) * 100;
    return { left: share(start), width: share(end) - share(start), current: start <= now && now < end };
  };
  const shifts = schedule.shifts.map((shift) => ({
    key: `${shift.person} ${shift.from}`,
    person: shift.person,
    from: shift.from,
    until: shift.until,
    override: shift.named_by === 'override',
    earlier: shift.named_by === 'earlier_catalog',
    layer: schedule.layers > 1 ? (shift.layer ?? null) : null,
    ...place(shift.from, shift.until),
  }));
  const gaps = schedule.gaps.map((gap) => ({
    key: `nobody ${gap.from}`,
    person: null,
    from: gap.from,
    until: gap.until,
    override: false,
    earlier: false,
    layer: null,
    ...place(gap.from, gap.until),
  }));
  return [...shifts, ...gaps]
    .filter((block) => block.width > 0)
    .sort((left, right) => left.left - right.left);
}
