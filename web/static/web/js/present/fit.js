/* Shrinks long texts until the whole poll fits on stage; the stylesheet sizes ordinary ones. */

const STAGE = matchMedia("(min-width: 48rem) and (min-height: 26rem) and (min-aspect-ratio: 1/1)");
const STEP = 0.92;
// Smaller text can't be read from the back of a room.
const SMALLEST = { question: 0.3, labels: 0.55, ranked: 0.8 };
// The share of the height that the question may take.
const QUESTION_SHARE = 0.28;

/**
 * Shrinks the question, then the options, until everything fits. Options that don't fit at the
 * smallest size are shortened to their differences.
 * @param {HTMLElement} stage
 * @param {(areShort: boolean) => void} shortenLabels shows options in full, or shortened
 */
export function fit(stage, shortenLabels) {
  const question = /** @type {HTMLElement} */ (stage.querySelector(".stage-question"));
  shrink(stage, "--fit-question", SMALLEST.question, () => {
    return question.offsetHeight > stage.clientHeight * QUESTION_SHARE;
  });
  shortenLabels(false);
  if (STAGE.matches && !fitLabels(stage)) {
    shortenLabels(true);
    fitLabels(stage);
  }
}

/**
 * Shrinks the options; returns whether they fit.
 * @param {HTMLElement} stage
 */
function fitLabels(stage) {
  const labels = /** @type {HTMLElement[]} */ ([...stage.querySelectorAll(".bar-label")]);
  const isTooLarge = () => labels.some(isCut);
  const isRanked = stage.querySelector(".bars-ranked") !== null;
  shrink(stage, "--fit-labels", isRanked ? SMALLEST.ranked : SMALLEST.labels, isTooLarge);
  return !isTooLarge();
}

/**
 * Whether a label is cut, or larger than its row.
 * @param {HTMLElement} label
 */
function isCut(label) {
  const head = /** @type {HTMLElement} */ (label.parentElement);
  const row = /** @type {HTMLElement} */ (label.closest(".bar"));
  return [label, row].some((each) => each.scrollHeight > each.clientHeight + 1) || label.offsetHeight > head.clientHeight + 1;
}

/**
 * @param {HTMLElement} stage
 * @param {string} property a factor of sizes in the stylesheet
 * @param {number} smallest
 * @param {() => boolean} isTooLarge
 */
function shrink(stage, property, smallest, isTooLarge) {
  let factor = 1;
  stage.style.setProperty(property, "1");
  while (STAGE.matches && factor * STEP >= smallest && isTooLarge()) {
    factor *= STEP;
    stage.style.setProperty(property, String(factor));
  }
}
