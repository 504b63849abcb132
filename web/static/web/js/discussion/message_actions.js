/* What one can do with a message: a row of buttons below it, which is shown on demand. */

import { part } from "./part.js";

/** @typedef {import("./room_store.js").Message} Message
 *  @typedef {import("./message_view.js").Viewer} Viewer
 *  @typedef {{act: (message: Message, action: string, fields?: Record<string, string>) => void,
 *    reply: (message: Message) => void, edit: (message: Message) => void,
 *    moderate: (message: Message, action: "mute" | "remove") => void}} Handlers */

export class MessageActions {
  /**
   * @param {HTMLElement} root the discussion
   * @param {{get: (id: string) => Message | undefined, viewer: () => Viewer}} parts
   * @param {Handlers} handlers
   */
  constructor(root, parts, handlers) {
    this._root = root;
    this._parts = parts;
    this._handlers = handlers;
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("actions-template"));
    this._row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    /** @type {HTMLElement | null} the button that opened the row */
    this._opener = null;
  }

  start() {
    part(this._root, ".messages").addEventListener("click", (event) => this._clicked(event));
    this._root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this._opener) return;
      event.stopPropagation();
      const opener = this._opener;
      this.close();
      opener.focus();
    });
  }

  close() {
    this._opener?.setAttribute("aria-expanded", "false");
    this._opener = null;
    this._row.remove();
  }

  /** @param {MouseEvent} event */
  _clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const element = /** @type {HTMLElement | null} */ (button?.closest("[data-message]") ?? null);
    const message = this._parts.get(element?.dataset.message ?? "");
    if (button && element && message) this._press(button, element, message);
  }

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} element
   * @param {Message} message
   */
  _press(button, element, message) {
    if (button.classList.contains("message-more")) this._toggle(button, element, message);
    else if (button.dataset.emoji) this._react(message, button.dataset.emoji);
    else if (button.dataset.do) this._run(button.dataset.do, message);
  }

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} element
   * @param {Message} message
   */
  _toggle(button, element, message) {
    const wasOpen = this._opener === button;
    this.close();
    if (wasOpen) return;
    const { ownId, isOwner } = this._parts.viewer();
    const isOwn = message.author?.id === ownId;
    const isShown = { edit: isOwn, delete: isOwn || isOwner, moderation: isOwner && !isOwn && message.author !== null };
    for (const [name, isAllowed] of Object.entries(isShown)) {
      for (const each of /** @type {NodeListOf<HTMLElement>} */ (this._row.querySelectorAll(`[data-for=${name}]`))) {
        each.hidden = !isAllowed;
      }
    }
    this._ask("");
    this._opener = button;
    button.setAttribute("aria-expanded", "true");
    element.append(this._row);
    this._row.scrollIntoView({ block: "nearest" });
  }

  /**
   * Adds the reaction, or removes it if it is there.
   * @param {Message} message
   * @param {string} emoji
   */
  _react(message, emoji) {
    this._handlers.act(message, "react", { emoji });
    if (this._opener) this._finish();
  }

  /**
   * @param {string} what
   * @param {Message} message
   */
  _run(what, message) {
    if (what === "reply" || what === "edit") {
      this.close();
      this._handlers[what](message);
    } else if (what === "mute") {
      this._handlers.moderate(message, what);
      this._finish();
    } else if (what === "delete" || what === "remove") {
      this._ask(what);
    } else if (what === "delete-now") {
      this._handlers.act(message, "delete");
      this._finish();
    } else if (what === "remove-now") {
      this._handlers.moderate(message, "remove");
      this._finish();
    } else {
      this._ask("");
    }
  }

  _finish() {
    const opener = this._opener;
    this.close();
    opener?.focus();
  }

  /**
   * Asks before what cannot be undone.
   * @param {string} what `delete` or `remove`; empty shows the buttons again
   */
  _ask(what) {
    for (const group of /** @type {NodeListOf<HTMLElement>} */ (this._row.querySelectorAll("[data-ask]"))) {
      group.hidden = group.dataset.ask !== what;
      // Not the confirming button: a second press of the same key would press it.
      if (what && !group.hidden) part(group, "[data-do=cancel]").focus();
    }
  }
}
