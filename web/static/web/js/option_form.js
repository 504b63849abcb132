/* The form with which participants add options, or ask questions. What waits for a host's approval is
   listed below it, for its author only, until a host has decided about it. */

import { RefusedError } from "./live_socket.js";
import { byId, OPTION_ADDED, setText } from "./page.js";
import { UnreachableError } from "./voter.js";

export class OptionForm {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts web/option_forms.py
   * @param {any} voter see voter.js
   * @param {import("./live_socket.js").LiveSocket} socket
   */
  constructor(form, texts, voter, socket) {
    this._form = form;
    this._texts = texts;
    this._voter = voter;
    this._socket = socket;
    this._field = /** @type {HTMLTextAreaElement} */ (byId("option-text"));
    this._button = byId("option-send");
    this._isSending = false;
  }

  start() {
    this._form.addEventListener("submit", (event) => this._submit(event));
    this._field.addEventListener("keydown", (event) => {
      // An option has one line; while a text is being composed, Enter accepts it.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this._form.requestSubmit();
    });
    this._field.addEventListener("input", () => this._show("option-status", ""));
    this._socket.on("suggestion-decided", ({ suggestionId, state }) => this._decide(suggestionId, state));
    // An approved suggestion keeps its id; the event for it may have been missed.
    this._socket.on("poll-update", ({ poll }) => poll?.options.forEach((/** @type {{id: string}} */ { id }) => this._decide(id, "shown")));
  }

  /**
   * A host has decided about a suggestion of this person.
   * @param {string} id
   * @param {"shown" | "refused"} state
   */
  _decide(id, state) {
    const item = byId("option-pending").querySelector(`[data-option="${CSS.escape(id)}"]`);
    if (!item) return;
    if (state === "shown") item.remove();
    else setText(/** @type {HTMLElement} */ (item.querySelector(".badge")), this._texts.refused);
    this._report(state === "shown" ? this._texts.isShown : this._texts.isRefused, state === "shown");
  }

  /**
   * @param {string} text
   * @param {boolean} [isGood]
   */
  _report(text, isGood = true) {
    this._show("option-status", text);
    byId("option-status").classList.toggle("notice-success", isGood);
  }

  /** @param {SubmitEvent} event */
  async _submit(event) {
    event.preventDefault();
    if (this._isSending) return;
    const text = this._field.value.trim().split(/\s+/).join(" ");
    if (!text) {
      this._show("option-refusal", this._texts.enterFirst);
      return this._field.focus();
    }
    this._setBusy(true);
    try {
      this._take(await this._voter.addOption(text), text);
    } catch (error) {
      this._show("option-refusal", this._sentence(error));
    } finally {
      this._setBusy(false);
    }
  }

  /**
   * @param {import("./voter.js").AddedOption} added
   * @param {string} text as it was sent
   */
  _take({ option, suggestion }, text) {
    // What was typed meanwhile stays.
    if (this._field.value.trim().split(/\s+/).join(" ") === text) this._field.value = "";
    this._show("option-refusal", "");
    this._report(suggestion ? this._texts.isPending : this._texts.isShown);
    if (suggestion) this._list(suggestion);
    if (option) document.dispatchEvent(new CustomEvent(OPTION_ADDED, { detail: option.id }));
  }

  /** @param {{id: string, text: string}} suggestion */
  _list({ id, text }) {
    const words = Object.assign(document.createElement("span"), { dir: "auto", textContent: text });
    const state = Object.assign(document.createElement("span"), { className: "badge", textContent: this._texts.pending });
    const item = document.createElement("li");
    item.dataset.option = id;
    item.append(words, " ", state);
    byId("option-pending").append(item);
  }

  /**
   * @param {unknown} error
   * @returns {string}
   */
  _sentence(error) {
    const { refusals, unreachable } = this._texts;
    if (error instanceof UnreachableError) return unreachable;
    if (error instanceof RefusedError) return refusals[error.code] ?? refusals["request.invalid"];
    throw error;
  }

  /** @param {boolean} isBusy */
  _setBusy(isBusy) {
    this._isSending = isBusy;
    if (isBusy) this._button.setAttribute("aria-busy", "true");
    else this._button.removeAttribute("aria-busy");
  }

  /**
   * @param {string} id of the place
   * @param {string} text none hides it
   */
  _show(id, text) {
    const place = byId(id);
    place.hidden = text === "";
    setText(place, text);
  }
}
