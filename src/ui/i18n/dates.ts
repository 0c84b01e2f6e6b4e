/**
 * Dates in words. Pure: time, "now" and locale come in. Words such as „Gestern“ come from the
 * catalogue, everything else from Intl.
 */
export interface DateWords {
  readonly today: string;
  readonly yesterday: string;
  readonly yesterdayAt: (time: string) => string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions, at: number): string {
  const key = locale + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, options);
    formats.set(key, known);
  }
  return known.format(at);
}

/** Days since some day zero in local time: equal for two times of the same calendar day. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

export function timeOfDay(at: number, locale: string): string {
  return format(locale, { hour: '2-digit', minute: '2-digit' }, at);
}

/** For the list: 14:32 · Gestern · Mo · 3.11. · 03.11.25 */
export function shortMoment(at: number, now: number, locale: string, words: DateWords): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return timeOfDay(at, locale);
  if (days === 1) return words.yesterday;
  if (days < 7) return format(locale, { weekday: 'short' }, at);
  if (new Date(at).getFullYear() === new Date(now).getFullYear())
    return format(locale, { day: 'numeric', month: 'numeric' }, at);
  return format(locale, { day: '2-digit', month: '2-digit', year: '2-digit' }, at);
}

/** For day headers: Heute · Gestern · Montag, 3. November (2025) */
export function dayTitle(at: number, now: number, locale: string, words: DateWords): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(
    locale,
    { weekday: 'long', day: 'numeric', month: 'long', ...(isThisYear ? {} : { year: 'numeric' }) },
    at,
  );
}

/** Inside a sentence: „seit 14:32“, „seit gestern 14:32“, „seit 3. Nov., 14:32“ */
export function momentInSentence(at: number, now: number, locale: string, words: DateWords): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return timeOfDay(at, locale);
  if (days === 1) return words.yesterdayAt(timeOfDay(at, locale));
  return format(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }, at);
}

export function fullMoment(at: number, locale: string): string {
  return format(locale, { dateStyle: 'full', timeStyle: 'short' }, at);
}
