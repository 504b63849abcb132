/* Dates and times in words, in the time zone of the reader. */

/** @typedef {{day: string | null, startsAt: string | null, endsAt: string | null}} Slot */

const language = `${document.documentElement.lang || "en"}-u-nu-latn`;
/** @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: "numeric", minute: "2-digit" };
const THIS_YEAR = new Date().getFullYear();
/** @type {Map<string, Intl.DateTimeFormat>} slow to create */
const formats = new Map();

/**
 * @param {Slot} slot
 * @param {"long" | "short"} length
 * @returns {string} such as "Monday, 1 March", with the year unless it is this one
 */
export function dayOf(slot, length = "long") {
  return format(dayParts(slot, length)).format(beginOf(slot));
}

/**
 * @param {Slot} slot
 * @param {string} allDay what a whole day is called
 */
export function timeOf({ startsAt, endsAt }, allDay) {
  if (startsAt === null) return allDay;
  return range(TIME, startsAt, endsAt);
}

/** @param {Slot} slot */
export function whenOf(slot) {
  const { startsAt, endsAt } = slot;
  return startsAt === null ? dayOf(slot, "short") : range({ ...dayParts(slot, "short"), ...TIME }, startsAt, endsAt);
}

/** The name of the time zone, such as "Europe/Berlin". */
export function zoneName() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
}

/**
 * Returns the slots of a poll by the ids of their options.
 * @param {import("../poll_store.js").PollHead} head
 * @returns {Map<string, Slot>}
 */
export function slotsOf({ options, settings }) {
  return new Map(options.map(({ id }, index) => [id, settings.slots[index]]));
}

/**
 * @param {Slot} slot
 * @param {"long" | "short"} length
 * @returns {Intl.DateTimeFormatOptions}
 */
function dayParts(slot, length) {
  const year = beginOf(slot).getFullYear() === THIS_YEAR ? undefined : "numeric";
  return { weekday: length, day: "numeric", month: length, year };
}

/**
 * @param {Intl.DateTimeFormatOptions} parts
 * @param {string} startsAt
 * @param {string | null} endsAt
 */
function range(parts, startsAt, endsAt) {
  const times = format(parts);
  return endsAt === null ? times.format(new Date(startsAt)) : times.formatRange(new Date(startsAt), new Date(endsAt));
}

/** @param {Slot} slot */
function beginOf({ day, startsAt }) {
  // Noon, so that it is this day in every time zone.
  return new Date(day === null ? /** @type {string} */ (startsAt) : `${day}T12:00:00`);
}

/** @param {Intl.DateTimeFormatOptions} parts */
function format(parts) {
  const name = JSON.stringify(parts);
  const known = formats.get(name) ?? new Intl.DateTimeFormat(language, parts);
  formats.set(name, known);
  return known;
}
