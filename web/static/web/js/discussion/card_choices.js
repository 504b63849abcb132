/* The options of single and multiple choice in a card. */

import { part } from "./part.js";

/**
 * Draws the options again if they have changed.
 * @param {HTMLElement} place
 * @param {import("../poll_store.js").PollHead} head
 * @param {string} hint how many can be chosen
 * @param {string[]} votes the ids that are chosen
 */
export function drawChoices(place, { kind, options }, hint, votes) {
  const drawn = JSON.stringify([kind, options]);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  const legend = part(place, "legend");
  legend.textContent = hint;
  place.replaceChildren(legend, ...options.map((option) => choiceOf(option, kind)));
  tick(place, votes);
}

/**
 * Ticks these options, and no others.
 * @param {HTMLElement} place
 * @param {string[]} votes
 */
export function tick(place, votes) {
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (place.querySelectorAll("input"))) {
    input.checked = votes.includes(input.value);
  }
}

/**
 * @param {{id: string, text: string}} option
 * @param {string} kind
 */
function choiceOf({ id, text }, kind) {
  const label = document.createElement("label");
  label.className = "choice";
  const type = kind === "multiple" ? "checkbox" : "radio";
  const input = Object.assign(document.createElement("input"), { type, name: "option", value: id });
  const words = Object.assign(document.createElement("span"), { dir: "auto", textContent: text });
  label.append(input, words);
  return label;
}
