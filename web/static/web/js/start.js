/* Looks after the ballot until the page's own script is here, and asks for that.

   What is asked for at the same time shares the line, and on a slow one the stylesheets, before
   which nothing is seen, would come last. So the scripts are asked for when those are here: a
   module script waits for the stylesheets above it. Whoever votes meanwhile isn't kept waiting
   for a page of its own, and is counted as soon as there is somebody to count them. */

const form = /** @type {HTMLFormElement} */ (document.getElementById("ballot"));
/** @type {SubmitEvent | null} */
let held = null;

form.addEventListener("submit", hold);
const scripts = /** @type {HTMLTemplateElement} */ (document.getElementById("scripts")).content;
scripts.querySelector("script")?.addEventListener("error", letGo);
document.head.append(scripts);
performance.mark("usable");

/** @param {SubmitEvent} event */
function hold(event) {
  event.preventDefault();
  held ??= event;
  held.submitter?.setAttribute("aria-busy", "true");
}

/** Without the page's script, then: the form does by itself. */
function letGo() {
  form.removeEventListener("submit", hold);
  if (held) form.requestSubmit(held.submitter);
}

/**
 * From here on the page's script looks after the ballot, and after what was held for it.
 * @param {(event: SubmitEvent) => void} submit
 */
export function takeOver(submit) {
  form.removeEventListener("submit", hold);
  form.addEventListener("submit", submit);
  if (held) submit(held);
}
