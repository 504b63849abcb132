/* Loads the page's script, and holds a vote that is submitted before it has loaded.

   Parallel downloads share the bandwidth, and on a slow network the stylesheets, which block
   rendering, would arrive last. This module waits for the stylesheets above it, and requests the
   scripts then. A vote that is submitted in the meantime is sent as soon as the script is ready. */

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

/** The script failed to load: submits the form without it. */
function letGo() {
  form.removeEventListener("submit", hold);
  if (held) form.requestSubmit(held.submitter);
}

/**
 * Hands the form over to the page's script, with a vote that was held for it.
 * @param {(event: SubmitEvent) => void} submit
 */
export function takeOver(submit) {
  form.removeEventListener("submit", hold);
  form.addEventListener("submit", submit);
  if (held) submit(held);
}
