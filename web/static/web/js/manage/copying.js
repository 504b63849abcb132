/* Copy buttons: `data-copy` holds the text, `data-copy-from` the id of a field with the text. */

const SHOWN_MS = 2_000;

/** @param {Record<string, string>} texts */
export function keepCopying(texts) {
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-copy], [data-copy-from]");
    if (button instanceof HTMLButtonElement) copyFor(button, texts);
  });
}

/**
 * @param {HTMLButtonElement} button
 * @param {Record<string, string>} texts
 */
async function copyFor(button, texts) {
  const field = sourceOf(button);
  const isCopied = await copy(field?.value ?? button.dataset.copy ?? "", button);
  if (!isCopied) field?.select();
  announce(isCopied ? texts.copied : texts.copyFailed);
  if (isCopied) showDone(button, texts.copied);
}

/** @param {HTMLButtonElement} button */
function sourceOf(button) {
  const { copyFrom } = button.dataset;
  return copyFrom
    ? /** @type {HTMLInputElement | HTMLTextAreaElement | null} */ (document.getElementById(copyFrom))
    : null;
}

/**
 * @param {string} text
 * @param {HTMLElement} near where the helper may stand: within the dialog, if there is one
 */
async function copy(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The clipboard API needs HTTPS, which a server in a local network may not have.
    return copyTheOldWay(text, near);
  }
}

/**
 * @param {string} text
 * @param {HTMLElement} near
 */
function copyTheOldWay(text, near) {
  const helper = document.createElement("textarea");
  helper.value = text;
  helper.className = "visually-hidden";
  near.after(helper);
  helper.select();
  const isCopied = document.execCommand("copy");
  helper.remove();
  near.focus();
  return isCopied;
}

/** @param {string} text */
function announce(text) {
  for (const place of document.querySelectorAll("[data-copied]")) place.textContent = text;
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} done
 */
function showDone(button, done) {
  const words = (button.dataset.words ??= button.textContent ?? "");
  button.textContent = done;
  button.classList.add("is-done");
  setTimeout(() => {
    button.textContent = words;
    button.classList.remove("is-done");
    announce("");
  }, SHOWN_MS);
}
