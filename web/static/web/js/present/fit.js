/* Sizes texts so that the whole of a poll is on the stage; the stylesheet does so for usual
   lengths, this for long ones. */

const STAGE = matchMedia("(min-width: 48rem) and (min-height: 26rem) and (min-aspect-ratio: 1/1)");
const STEP = 0.92;
const SMALLEST = { question: 0.3, labels: 0.55 };
// How much of the height the question may take.
const QUESTION_SHARE = 0.28;

/**
 * @param {HTMLElement} stage
 */
export function fit(stage) {
  const question = /** @type {HTMLElement} */ (stage.querySelector(".stage-question"));
  const rows = [...stage.querySelectorAll(".bar, .bar-label")];
  shrink(stage, "--fit-question", SMALLEST.question, () => {
    return question.offsetHeight > stage.clientHeight * QUESTION_SHARE;
  });
  shrink(stage, "--fit-labels", SMALLEST.labels, () => {
    return rows.some((row) => row.scrollHeight > row.clientHeight + 1);
  });
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
