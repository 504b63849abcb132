/* Ignores a press on a control that has just appeared where another one was pressed.

   Otherwise a double tap could take back, close or delete what the first tap did. Such controls are
   marked with `data-guarded`. Keys are not affected: they press the focused control, and the focus
   does not move to a guarded one by itself. */

const GUARD_MS = 1_500;
const SAME_PLACE_PX = 40;
const PLACE = "tallyroom.press";

/** @typedef {{x: number, y: number, at: number, control: Element | null}} Press */

/** @type {Press | null} the one before `last`; at first that of the page before this one */
let previous = null;
/** @type {Press | null} */
let last = load();
/** @type {WeakMap<Element, number>} when a marked control was last shown */
const shownAt = new WeakMap();

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) shownAt.set(target, Date.now());
  }
});
for (const control of document.querySelectorAll("[data-guarded]")) observer.observe(control);

addEventListener("pointerdown", note, { capture: true });
addEventListener("click", guard, { capture: true });

/** @param {PointerEvent} event */
function note({ target, clientX: x, clientY: y }) {
  previous = last;
  last = { x, y, at: Date.now(), control: controlOf(target) };
  save({ ...last, control: null });
}

/** @param {MouseEvent} event */
function guard(event) {
  const control = event.detail > 0 ? controlOf(event.target) : null;
  if (!control?.hasAttribute("data-guarded") || !isAccidental(control)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  // The next press at once is compared with the one before this, not with this one.
  last = previous;
}

/** @param {Element} control */
function isAccidental(control) {
  if (previous === null || last === null || previous.control === control) return false;
  if (Math.hypot(last.x - previous.x, last.y - previous.y) > SAME_PLACE_PX) return false;
  // The press before may be long ago, and its answer only now have put the control here.
  return last.at - Math.max(previous.at, shownAt.get(control) ?? 0) < GUARD_MS;
}

/** @param {EventTarget | null} target */
function controlOf(target) {
  return target instanceof Element ? target.closest("button, a, summary, label, input") : null;
}

/** @returns {Press | null} */
function load() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Press} press */
function save(press) {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(press));
  } catch {
    // Without storage, presses are remembered until the page is left.
  }
}
