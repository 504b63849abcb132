/* Ballots as lists of answers, in the form in which they are sent; see docs/kinds.md. */

/** @typedef {{optionId?: string, rank?: number, score?: number, number?: number, text?: string,
 *    x?: number, y?: number}} Answer */

/**
 * Returns the answers of a page's state, a reply to `cast-vote`, or a response of `my-vote`.
 * @param {any} reply with `answers`, or `votes` for choices
 * @returns {Answer[]}
 */
export function answersOf({ answers, votes = [] }) {
  if (answers) return answers.map(withoutNulls);
  return votes.map((/** @type {any} */ vote) => ({ optionId: vote.pollOptionId ?? vote.option?.id ?? vote }));
}

/**
 * Returns the ids of the options if the answers have nothing else, in their order.
 * @param {Answer[]} answers
 * @returns {string[] | null}
 */
export function optionIdsOf(answers) {
  const areOptions = answers.every((answer) => Object.keys(answer).join() === "optionId");
  return areOptions ? answers.map(({ optionId }) => /** @type {string} */ (optionId)) : null;
}

/**
 * Returns the fields of a request that votes.
 * @param {Answer[]} answers
 * @returns {{pollOptionIds: string[]} | {answers: Answer[]}}
 */
export function bodyOf(answers) {
  const pollOptionIds = optionIdsOf(answers);
  return pollOptionIds ? { pollOptionIds } : { answers };
}

/**
 * @param {Answer[]} some
 * @param {Answer[]} others
 * @param {boolean} [isOrdered] whether another order is another ballot
 */
export function isSameBallot(some, others, isOrdered = false) {
  const [one, other] = [some, others].map((answers) => answers.map(textOf));
  if (!isOrdered) [one, other].forEach((texts) => texts.sort());
  return one.join() === other.join();
}

/** @param {Answer} answer */
const textOf = (answer) => JSON.stringify(Object.entries(answer).sort());

/**
 * @param {Record<string, any>} answer
 * @returns {Answer}
 */
function withoutNulls(answer) {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null));
}
