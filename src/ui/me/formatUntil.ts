/** When something ends, in a sentence: „heute, 20:00“, „2. Dez., 08:00“, with the year when it is another one. */
import { dayNumber, timeOfDay } from '../i18n/dates';

export function formatUntil(at: number, now: number, locale: string, today: string): string {
  const time = timeOfDay(at, locale);
  if (dayNumber(at) === dayNumber(now)) return `${today}, ${time}`;
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const day = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
  }).format(at);
  return `${day}, ${time}`;
}
