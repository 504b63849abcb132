/* The rows of options on the voter's page, which follow what participants add and hosts remove. */

/** @typedef {{id: string, text: string, [key: string]: any}} Option */

/**
 * Adds and removes rows, so that nothing that was chosen is lost.
 * @param {HTMLElement} list of the template `parts/ballot.html`
 * @param {Option[]} options
 * @returns {boolean} false if the options have changed in another way
 */
export function followOptions(list, options) {
  const withBoxes = /** @type {HTMLElement[]} */ ([...list.children]).filter((row) => row.querySelector("input"));
  const rows = new Map(withBoxes.map((row) => [row.dataset.option, row]));
  const known = options.filter(({ id }) => rows.has(id));
  const areAddedLast = known.every(({ id }, index) => options[index].id === id);
  const pattern = rows.values().next().value;
  if (!pattern || !areAddedLast || known.some((option) => lookOf(rows.get(option.id)) !== lookOfOption(option))) return false;
  const added = options.slice(known.length);
  // Pictures and places are rendered by the server only.
  if (added.some(({ picture, limit }) => picture || limit)) return false;
  const ids = new Set(options.map(({ id }) => id));
  for (const [id, row] of rows) if (!ids.has(id ?? "")) row.remove();
  for (const option of added) addRow(list, pattern, option);
  return true;
}

/**
 * Returns what a row shows besides numbers.
 * @param {HTMLElement | undefined} row
 */
function lookOf(row) {
  const text = row?.querySelector(".bar-label")?.textContent;
  return JSON.stringify([text, Boolean(row?.querySelector("[data-places]")), row?.querySelector("img")?.getAttribute("src")]);
}

/**
 * Returns what the row of an option shows.
 * @param {Option} option
 */
function lookOfOption({ text, limit, picture }) {
  return JSON.stringify([text, (limit ?? null) !== null, picture?.url]);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} pattern a row to copy
 * @param {Option} option
 */
function addRow(list, pattern, { id, text }) {
  const row = /** @type {HTMLElement} */ (pattern.cloneNode(true));
  row.dataset.option = id;
  row.classList.remove("bar-yours");
  for (const part of row.querySelectorAll("[data-places], img")) part.remove();
  row.querySelector(".bar-value")?.replaceChildren(...emptyNumbers());
  row.querySelector(".bar-fill")?.setAttribute("width", "0%");
  const label = /** @type {HTMLElement} */ (row.querySelector(".bar-label"));
  Object.assign(label, { id: `option-${id}`, textContent: text });
  const input = /** @type {HTMLInputElement} */ (row.querySelector("input"));
  Object.assign(input, { value: id, checked: false, disabled: false });
  input.setAttribute("aria-labelledby", label.id);
  input.removeAttribute("aria-describedby");
  // The bars may have drawn a row without a box: the numbers can arrive first.
  Array.from(list.children).find((each) => /** @type {HTMLElement} */ (each).dataset.option === id)?.remove();
  list.append(row);
}

function emptyNumbers() {
  return ["bar-percentage", "bar-count"].map((className) => Object.assign(document.createElement("span"), { className }));
}
