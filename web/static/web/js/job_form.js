/* Forms that start jobs: selects the time zone of the browser, and refuses files that are too large. */

const zones = /** @type {HTMLSelectElement | null} */ (document.querySelector("[data-time-zone]"));
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
// A choice that was made stays when the form is shown again.
if (zones && zones.value === "UTC" && [...zones.options].some(({ value }) => value === zone)) zones.value = zone;

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-file-form]"));
const files = /** @type {HTMLInputElement | null} */ (form?.querySelector("[data-max-bytes]"));
if (form && files) {
  files.addEventListener("change", () => files.setCustomValidity(refusal(files)));
  form.addEventListener("submit", (event) => {
    files.setCustomValidity(refusal(files));
    if (!files.reportValidity()) event.preventDefault();
  });
}

/**
 * Returns why the chosen file cannot be sent; empty if it can.
 * @param {HTMLInputElement} input
 */
function refusal(input) {
  const size = input.files?.[0]?.size ?? 0;
  return size > Number(input.dataset.maxBytes) ? (input.dataset.tooLarge ?? "") : "";
}
