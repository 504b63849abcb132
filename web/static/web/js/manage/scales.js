/* Ticks of a chart's axes: round, and not too many. */

const DAY_MS = 86_400_000;
const language = `${document.documentElement.lang || "en"}-u-nu-latn`;
const seconds = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
const minutes = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const hours = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const days = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });

/**
 * Returns round integers from 0 to `most` or a little above.
 * @param {number} most
 * @param {number} count about how many
 */
export function niceTicks(most, count) {
  const rough = Math.max(1, most / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const ticks = [];
  for (let tick = 0; tick < most + step; tick += step) ticks.push(tick);
  return ticks;
}

/**
 * Returns evenly spaced times from first to last, without duplicate labels.
 * @param {number} first
 * @param {number} last
 * @param {number} most
 */
export function timeTicks(first, last, most) {
  const format = formatFor(last - first);
  for (let count = most; count > 1; count -= 1) {
    const ticks = Array.from({ length: count }, (_, index) => {
      const at = first + ((last - first) * index) / (count - 1);
      return { at, text: format.format(at) };
    });
    if (new Set(ticks.map(({ text }) => text)).size === count) return ticks;
  }
  return [{ at: first, text: format.format(first) }];
}

/** @param {number} durationMs */
function formatFor(durationMs) {
  if (durationMs < 10 * 60_000) return seconds;
  if (durationMs < DAY_MS) return minutes;
  return durationMs < 7 * DAY_MS ? hours : days;
}
