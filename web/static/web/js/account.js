/* Passwords that can be shown, and forms that are sent once. */

/** @param {HTMLInputElement} input */
function addReveal(input) {
  const { show = "", hide = "" } = input.dataset;
  const frame = document.createElement("div");
  frame.className = "reveal";
  input.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = show;
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.textContent = isShown ? show : hide;
  });
  frame.append(input, button);
}

/** A second click while the first is under way would be a second request. */
function sendOnce(/** @type {SubmitEvent} */ event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.dataset.isSent) event.preventDefault();
  form.dataset.isSent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}

for (const input of document.querySelectorAll("input[data-show]")) {
  addReveal(/** @type {HTMLInputElement} */ (input));
}
// It lost the focus when it was moved.
/** @type {HTMLElement | null} */ (document.querySelector("[autofocus]"))?.focus();
document.addEventListener("submit", sendOnce);
// Back from the next page, the form is as it was, and may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.isSent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
