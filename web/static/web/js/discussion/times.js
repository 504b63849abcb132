/* When a message was written, as text. */

const LOCALE = `${document.documentElement.lang || "en"}-u-nu-latn`;

const TIME = new Intl.DateTimeFormat(LOCALE, { timeStyle: "short" });
const DAY_AND_TIME = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "numeric",
});
const WHOLE = new Intl.DateTimeFormat(LOCALE, { dateStyle: "full", timeStyle: "short" });

/**
 * Returns the time of today, or else the day and time.
 * @param {Date} moment
 */
export function shortTime(moment) {
  const isToday = moment.toDateString() === new Date().toDateString();
  return (isToday ? TIME : DAY_AND_TIME).format(moment);
}

/** @param {Date} moment */
export function wholeTime(moment) {
  return WHOLE.format(moment);
}
