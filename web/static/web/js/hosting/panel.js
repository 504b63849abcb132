/* The panel where hosts decide: sends its forms, and reads its lists again when something changes.

   The lists are HTML of the server, as without a script. Focus stays on the button that was
   pressed, or goes to the one that has taken its place. */

import { Announcer } from "../announcer.js";
import { RefusedError } from "../live_socket.js";
import { patience, post } from "../page.js";

// Not while somebody presses a button: the list would move under the finger.
const WHILE_PRESSED_MS = 300;

/**
 * Keeps the panel up to date, if the page has one.
 * @param {import("../live_socket.js").LiveSocket} socket
 * @param {Record<string, string>} texts
 */
export function keepPanel(socket, texts) {
  const place = document.getElementById("hosting");
  if (place) new Panel(place, socket, texts).start();
}

class Panel {
  /**
   * @param {HTMLElement} place
   * @param {import("../live_socket.js").LiveSocket} socket
   * @param {Record<string, string>} texts
   */
  constructor(place, socket, texts) {
    this._place = place;
    this._socket = socket;
    this._texts = texts;
    this._lists = /** @type {HTMLElement} */ (place.querySelector("#hosting-lists"));
    this._error = /** @type {HTMLElement} */ (place.querySelector("#hosting-error"));
    this._announcer = new Announcer(/** @type {HTMLElement} */ (document.getElementById("announcer")));
    this._url = String(place.dataset.url);
    this._pollId = String(place.dataset.poll);
    this._isPressed = false;
    this._isReading = false;
    this._isOutdated = false;
  }

  start() {
    this._place.addEventListener("submit", (event) => this._submit(event));
    this._place.addEventListener("pointerdown", () => (this._isPressed = true));
    for (const name of ["pointerup", "pointercancel"]) {
      addEventListener(name, () => (this._isPressed = false));
    }
    this._socket.on("hosts-update", (event) => {
      if (event.pollId === this._pollId) this._read();
    });
    this._socket.on("hosts-left", () => location.reload());
    this._socket.watch(() => this._join());
  }

  /** Joins again after each reconnect, and reads what was missed. */
  async _join() {
    try {
      await this._socket.call("join-hosts", { pollId: this._pollId });
    } catch (error) {
      // The person may not host the poll any more: the page says so when it is loaded again.
      if (error instanceof RefusedError) return;
      throw error;
    }
    await this._read();
  }

  /** @param {SubmitEvent} event */
  async _submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (!button || this._place.ariaBusy === "true") return;
    /** @type {NodeListOf<HTMLInputElement>} */
    const inputs = form.querySelectorAll("input.input");
    /** @type {Record<string, string>} */
    const fields = { decision: button.value };
    for (const { name, value } of inputs) fields[name] = value;
    this._place.ariaBusy = "true";
    try {
      // What was refused stays readable while the lists are read again.
      this._error.hidden = true;
      const isDone = await this._show(await post(this._url, fields));
      // Unless somebody has typed the next one meanwhile.
      for (const input of inputs) if (isDone && input.value === fields[input.name]) input.value = "";
    } catch {
      this._refuse(this._texts.failed);
    } finally {
      this._place.ariaBusy = "false";
    }
  }

  /** Reads the lists; once more if something has changed meanwhile. */
  async _read() {
    this._isOutdated = true;
    if (this._isReading) return;
    this._isReading = true;
    try {
      while (this._isOutdated) {
        while (this._isPressed) await new Promise((resolve) => setTimeout(resolve, WHILE_PRESSED_MS));
        this._isOutdated = false;
        const headers = { Accept: "application/json" };
        await this._show(await fetch(this._url, { headers, signal: patience() }));
      }
    } catch {
      // Read again with the next change, or after reconnecting.
    } finally {
      this._isReading = false;
    }
  }

  /**
   * @param {Response} response
   * @returns {Promise<boolean>} false if the server refused it
   */
  async _show(response) {
    const answer = await response.json();
    if (!response.ok) {
      this._refuse(this._texts[answer.code] ?? this._texts.failed);
      return false;
    }
    const focused = this._focused();
    const isOpen = this._lists.querySelector("details")?.open;
    this._lists.innerHTML = answer.html;
    const details = this._lists.querySelector("details");
    if (details && isOpen !== undefined) details.open = isOpen;
    if (focused) this._focus(focused);
    if (answer.message) this._announcer.announce(answer.message);
    return true;
  }

  /** @param {string} text */
  _refuse(text) {
    this._error.textContent = text;
    this._error.hidden = false;
  }

  /** Returns the focused button of the lists, and its place among the others. */
  _focused() {
    const button = /** @type {HTMLElement | null} */ (document.activeElement);
    if (!button || !this._lists.contains(button)) return null;
    return { key: keyOf(button), index: this._buttons().indexOf(button) };
  }

  /** @param {{key: string, index: number}} focused */
  _focus({ key, index }) {
    const buttons = this._buttons();
    const same = buttons.find((each) => keyOf(each) === key);
    const heading = /** @type {HTMLElement} */ (this._place.querySelector("#hosting-heading"));
    (same ?? buttons[Math.min(index, buttons.length - 1)] ?? heading).focus();
  }

  /** @returns {HTMLElement[]} */
  _buttons() {
    return [...this._lists.querySelectorAll("button")].filter((each) => each.checkVisibility?.() ?? true);
  }
}

/** @param {HTMLElement} button */
function keyOf(button) {
  return button.dataset.key ?? /** @type {HTMLButtonElement} */ (button).value ?? "";
}
