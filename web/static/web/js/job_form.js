/* Forms that start jobs: selects the time zone of the browser. */

const zones = /** @type {HTMLSelectElement | null} */ (document.querySelector("[data-time-zone]"));
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
// A choice that was made stays when the form is shown again.
if (zones && zones.value === "UTC" && [...zones.options].some(({ value }) => value === zone)) zones.value = zone;
