/* Opens dialogs for links that lead to a page without a script; closes menus. */

export function keepDialogs() {
  document.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const opener = /** @type {HTMLElement | null} */ (target.closest("[data-dialog]"));
    if (opener && !isMeantForElsewhere(event)) open(opener, event);
    const closer = target.closest("[data-close-dialog]");
    const dialog = (closer ?? target).closest("dialog");
    // A click on the dialog itself, not on its content, is on its backdrop or padding.
    if (!dialog || (!closer && target !== dialog) || (!closer && isWithin(dialog, event))) return;
    event.preventDefault();
    dialog.close();
  });
}

export function keepMenus() {
  const menus = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (
    document.querySelectorAll("[data-menu][open]")
  );
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of menus()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

/**
 * @param {HTMLElement} opener
 * @param {MouseEvent} event
 */
function open(opener, event) {
  const dialog = document.getElementById(opener.dataset.dialog || "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  const menu = opener.closest("details");
  if (menu) menu.open = false;
  dialog.showModal();
  dialog.addEventListener("close", () => (menu?.querySelector("summary") ?? opener).focus(), { once: true });
}

/** @param {MouseEvent} event */
function isMeantForElsewhere(event) {
  return event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function isWithin(dialog, event) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
}
