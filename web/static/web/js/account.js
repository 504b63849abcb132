/* The pages of accounts: buttons that show passwords, and forms that are sent once. */

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

/** Ignores further clicks until the response arrives. */
function sendOnce(/** @type {SubmitEvent} */ event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.dataset.isSent) event.preventDefault();
  form.dataset.isSent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}

for (const input of document.querySelectorAll("input[data-show]")) {
  addReveal(/** @type {HTMLInputElement} */ (input));
}
// Moving the field into its wrapper took the focus away.
/** @type {HTMLElement | null} */ (document.querySelector("[autofocus]"))?.focus();
document.addEventListener("submit", sendOnce);
// A page restored from the back-forward cache may send its form again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.isSent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
