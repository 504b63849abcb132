/* The axes of a histogram: which numbers it spans, and where its labels are. */

/** @typedef {{low: number, high: number, count: number, share: number}} Bar
 *  @typedef {{min: number, max: number, step: number}} Bounds
 *  @typedef {{start: number, width: number, slots: number, before: number}} Span
 *    `slots` bars of `width` from `start`; the first of `before` and the last ones are empty */

// Few different numbers are shown among their neighbours.
const MIN_SLOTS = 12;
const NICE = [1, 2, 5, 10];
// How many bars of the results become one, while there are few voters.
const MERGED = [1, 2, 5, 10, 20, 50];

/**
 * Merges bars so that few voters don't become a comb of single votes. The bars keep their places on
 * the axis when more votes come.
 * @param {Bar[]} bars
 * @param {Bounds} bounds
 * @returns {Bar[]}
 */
export function mergeBars(bars, { min, step }) {
  const voters = bars.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(MIN_SLOTS, Math.round(3 * Math.sqrt(voters)));
  const size = MERGED.find((each) => bars.length / each <= most) ?? bars.length;
  if (size === 1) return bars;
  const width = bars[1].low - bars[0].low;
  const offset = Math.round((bars[0].low - min) / width);
  /** @type {Bar[]} */
  const merged = [];
  bars.forEach(({ count, share }, index) => {
    const place = Math.floor((offset + index) / size) - Math.floor(offset / size);
    const low = round(bars[0].low + ((Math.floor(offset / size) + place) * size - offset) * width);
    merged[place] ??= { low, high: round(low + size * width - step), count: 0, share: 0 };
    merged[place].count += count;
    merged[place].share += share;
  });
  return merged;
}

/**
 * @param {Bar[]} bars
 * @param {Bounds} bounds
 * @returns {Span}
 */
export function spanOf(bars, { min, max, step }) {
  if (!bars.length) return { start: min, width: (max - min + step) / MIN_SLOTS, slots: MIN_SLOTS, before: 0 };
  const [first] = bars;
  const last = bars[bars.length - 1];
  const width = bars.length > 1 ? bars[1].low - first.low : first.high - first.low + step;
  let before = 0;
  let after = 0;
  while (bars.length + before + after < MIN_SLOTS) {
    const canStart = first.low - (before + 1) * width > min - step / 2;
    const canEnd = last.low + (after + 1) * width < max + step / 2;
    if (!canStart && !canEnd) break;
    if (canStart && (before <= after || !canEnd)) before += 1;
    else after += 1;
  }
  return { start: first.low - before * width, width, slots: bars.length + before + after, before };
}

/**
 * Returns where a number is on the axis, from 0 to 1: in the middle of the bar if it has only one.
 * @param {number} number
 * @param {Span} span
 * @param {number} step
 */
export function placeOf(number, { start, width, slots }, step) {
  return Math.min(1, Math.max(0, (number - start + step / 2) / (width * slots)));
}

/**
 * Returns numbers for the labels of the axis.
 * @param {Span} span
 * @param {number} step
 * @param {number} most labels that there is room for
 * @returns {number[]}
 */
export function ticksOf({ start, width, slots }, step, most) {
  const isSingle = width < step * 1.5;
  if (isSingle && slots <= most) return Array.from({ length: slots }, (_, index) => round(start + index * width));
  const end = start + slots * width - step;
  const gap = Math.max(step, niceStep((end - start) / most));
  const ticks = [];
  for (let tick = Math.ceil(start / gap - 1e-9) * gap; tick <= end + 1e-9; tick += gap) ticks.push(round(tick));
  return ticks;
}

/**
 * Returns whole numbers for the lines above the axis, without 0.
 * @param {number} highest
 * @returns {number[]}
 */
export function linesOf(highest) {
  const gap = Math.max(1, Math.ceil(niceStep(highest / 3.5)));
  return Array.from({ length: Math.floor(highest / gap) }, (_, index) => (index + 1) * gap);
}

/**
 * Without the errors of binary fractions, and without -0.
 * @param {number} number
 */
function round(number) {
  return Number(number.toFixed(6)) || 0;
}

/** @param {number} rough */
function niceStep(rough) {
  if (rough <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return (NICE.find((each) => each * power >= rough - 1e-12) ?? 10) * power;
}
