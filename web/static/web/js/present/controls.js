/* The presenter's controls: keyboard shortcuts and buttons. */

const IDLE_MS = 3_000;
const SHORTCUTS_KEY = "tallyroom-shortcuts";

/** @typedef {{phase: string, isShown: boolean, pressed: Record<string, boolean>,
 *    resultsLabel: string}} Look */

// The main action, by the poll's phase.
const ACTION_PHASES = { "open-now": "waiting", close: "open", reopen: "closed" };

/** @type {Record<string, string>} */
const COMMANDS = {
  o: "open",
  c: "close",
  h: "results",
  j: "join",
  n: "next",
  // Sent by presentation remotes.
  pagedown: "next",
  r: "replay",
  " ": "play",
  t: "table",
  m: "discussion",
  d: "theme",
  f: "full-screen",
  escape: "back",
  "?": "help",
  "؟": "help",
};

export class Controls {
  /**
   * @param {HTMLElement} stage
   * @param {(command: string) => void} run
   * @param {AbortSignal} signal ends all of it
   */
  constructor(stage, run, signal) {
    this._stage = stage;
    this._run = run;
    this._signal = signal;
    this._help = /** @type {HTMLDialogElement} */ (document.getElementById("help"));
    this._shortcuts = /** @type {HTMLInputElement} */ (document.getElementById("shortcuts"));
    this._idleTimer = 0;
  }

  /** @param {(areOn: boolean) => void} onSwitch called when shortcuts are switched on or off */
  start(onSwitch) {
    const options = { signal: this._signal };
    document.addEventListener("keydown", (event) => this._pressed(event), options);
    this._stage.addEventListener("click", (event) => this._clicked(event), options);
    this._stage.addEventListener("submit", (event) => this._submitted(event), options);
    this._shortcuts.checked = areShortcutsOn();
    this._shortcuts.addEventListener("change", () => {
      keepShortcuts(this._shortcuts.checked);
      onSwitch(this._shortcuts.checked);
    }, options);
    for (const type of ["pointermove", "pointerdown", "keydown", "focusin"]) {
      document.addEventListener(type, () => this._wake(), options);
    }
    this._signal.addEventListener("abort", () => clearTimeout(this._idleTimer));
    this._wake();
  }

  /** @param {Look} look */
  draw({ phase, isShown, pressed, resultsLabel }) {
    for (const [action, when] of Object.entries(ACTION_PHASES)) {
      this._part(`[data-action="${action}"]`).hidden = phase !== when;
    }
    for (const [command, isPressed] of Object.entries(pressed)) {
      this._part(`[data-command="${command}"]`).setAttribute("aria-pressed", String(isPressed));
    }
    const results = this._part('[data-command="results"]');
    results.setAttribute("aria-label", resultsLabel);
    results.toggleAttribute("data-off", !isShown);
  }

  /**
   * Returns the URL of an action's form.
   * @param {string} action
   */
  urlOf(action) {
    return /** @type {HTMLFormElement} */ (this._part(`[data-action="${action}"]`)).action;
  }

  toggleHelp() {
    if (this._help.open) this._help.close();
    else this._help.showModal();
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  _part(selector) {
    return /** @type {HTMLElement} */ (this._stage.querySelector(selector));
  }

  /** Shows the controls for a while. */
  _wake() {
    clearTimeout(this._idleTimer);
    delete this._stage.dataset.idle;
    this._idleTimer = setTimeout(() => (this._stage.dataset.idle = ""), IDLE_MS);
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (!isPlainPress(event) || event.defaultPrevented) return;
    const command = COMMANDS[keyOf(event)];
    if (!command || !this._shortcuts.checked) return;
    if (document.querySelector("dialog[open]") && command !== "help") return;
    // The space bar presses the button that has the focus.
    if (event.key === " " && /** @type {Element} */ (event.target).closest("button, a, input")) return;
    if (command !== "back") event.preventDefault();
    this._run(command);
  }

  /** @param {MouseEvent} event */
  _clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-command]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this._run(/** @type {HTMLElement} */ (button).dataset.command ?? "");
  }

  /** @param {SubmitEvent} event */
  _submitted(event) {
    const { action } = /** @type {HTMLFormElement} */ (event.target).dataset;
    if (!action) return;
    event.preventDefault();
    this._run(action);
  }
}

/** @param {KeyboardEvent} event */
function isPlainPress({ ctrlKey, metaKey, altKey, repeat }) {
  return !(ctrlKey || metaKey || altKey || repeat);
}

/**
 * Returns the letter of the key; on non-Latin keyboards, the Latin letter at its place.
 * @param {KeyboardEvent} event
 */
function keyOf({ key, code }) {
  const isOther = key.length === 1 && key > "\u007f" && !(key in COMMANDS);
  return (isOther && code.startsWith("Key") ? code.slice(3) : key).toLowerCase();
}

function areShortcutsOn() {
  try {
    return localStorage.getItem(SHORTCUTS_KEY) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} areOn */
function keepShortcuts(areOn) {
  try {
    localStorage.setItem(SHORTCUTS_KEY, areOn ? "on" : "off");
  } catch {
    // Without storage, for this visit only.
  }
}
