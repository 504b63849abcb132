/* Pictures of options and hotspots: uploads a file when it is chosen, and shows it. */

import { cookie } from "../page.js";

const UPLOAD_URL = "/manage/pictures";
// A phone may take a while to send a photo.
const PATIENCE_MS = 60_000;

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, any>} texts
 * @param {() => void} onChange
 */
export function takePictures(form, texts, onChange) {
  form.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const place = /** @type {HTMLElement | null} */ (input.closest("[data-picture]"));
    if (place && input.type === "file" && input.files?.length) void upload(place, input, texts, onChange);
  });
  form.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-remove-picture]");
    const place = /** @type {HTMLElement | null} */ (button?.closest("[data-picture]"));
    if (!place) return;
    show(place, { id: "", url: "" });
    place.querySelector("input[type=file]")?.parentElement?.focus();
    onChange();
  });
}

/**
 * @param {HTMLElement} place
 * @param {HTMLInputElement} input
 * @param {Record<string, any>} texts
 * @param {() => void} onChange
 */
async function upload(place, input, texts, onChange) {
  const label = /** @type {HTMLElement} */ (input.closest("label"));
  label.setAttribute("aria-busy", "true");
  say(place, "");
  try {
    const picture = await send(/** @type {FileList} */ (input.files)[0], texts);
    show(place, picture);
    onChange();
  } catch (error) {
    say(place, error instanceof Error ? error.message : String(error));
  } finally {
    label.removeAttribute("aria-busy");
    // The same file can be chosen again.
    input.value = "";
  }
}

/**
 * @param {File} file
 * @param {Record<string, any>} texts
 * @returns {Promise<{id: string, url: string}>}
 */
async function send(file, texts) {
  const body = new FormData();
  body.set("file", file);
  const headers = { Accept: "application/json", "X-CSRFToken": cookie("tallyroom_csrf") };
  const signal = AbortSignal.timeout?.(PATIENCE_MS);
  let response;
  try {
    response = await fetch(UPLOAD_URL, { method: "POST", body, headers, signal, credentials: "same-origin" });
  } catch {
    throw new Error(texts.uploadFailed);
  }
  const reply = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(texts.errors[reply.code] ?? texts.uploadFailed);
  return reply.picture;
}

/**
 * @param {HTMLElement} place
 * @param {{id: string, url: string}} picture
 */
function show(place, { id, url }) {
  const find = (/** @type {string} */ selector) => /** @type {any} */ (place.querySelector(selector));
  find("[name$=picture]").value = id;
  find("[name$=picture_url]").value = url;
  const image = find("img");
  image.hidden = !url;
  if (url) image.src = url;
  else image.removeAttribute("src");
  find(".maker-alt").hidden = !url;
  find("[data-remove-picture]").hidden = !url;
  if (!url) find("[name$=picture_alt]").value = "";
  say(place, "");
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function say(place, text) {
  const error = /** @type {HTMLElement} */ (place.querySelector("[data-picture-error]"));
  error.textContent = text;
  error.classList.toggle("field-error", Boolean(text));
  error.hidden = !text;
}
