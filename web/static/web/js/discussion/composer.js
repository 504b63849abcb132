/* Writes messages: new ones, replies, and changes of your own. */

import { setText } from "../page.js";
import { part } from "./part.js";

/** @typedef {import("./room_store.js").Message} Message
 *  @typedef {{kind: "new"} | {kind: "reply" | "edit", message: Message}} Mode
 *  @typedef {{send: (draft: import("./outbox.js").Draft) => void, edit: (message: Message, body: string) => void,
 *    typing: () => void, lastOwn: () => Message | undefined}} Handlers */

const MAX_CHARS = 2_000;
// The number of characters is shown from here on.
const COUNTED_FROM = 1_800;

export class Composer {
  /**
   * @param {HTMLElement} root the discussion
   * @param {import("./texts.js").Texts} texts
   * @param {Handlers} handlers
   */
  constructor(root, texts, handlers) {
    this._texts = texts;
    this._handlers = handlers;
    this.form = /** @type {HTMLFormElement} */ (part(root, ".composer"));
    this._field = /** @type {HTMLTextAreaElement} */ (part(this.form, "textarea"));
    this._poll = /** @type {HTMLSelectElement | null} */ (this.form.querySelector("[name=poll]"));
    this._note = part(this.form, ".composer-mode");
    this._count = part(this.form, ".composer-count");
    /** @type {Mode} */
    this._mode = { kind: "new" };
    // What was being written before a reply or change.
    this._draft = "";
  }

  start() {
    this.form.addEventListener("submit", (event) => this._submitted(event));
    this._field.addEventListener("keydown", (event) => this._pressed(event));
    this._field.addEventListener("input", () => this._typed());
    part(this.form, "[data-do=cancel]").addEventListener("click", () => this._enter({ kind: "new" }));
    this._drawCount();
  }

  focus() {
    this._field.focus({ preventScroll: true });
  }

  /** @param {Message} message */
  reply(message) {
    this._enter({ kind: "reply", message });
  }

  /** @param {Message} message */
  edit(message) {
    this._enter({ kind: "edit", message });
  }

  /** @param {Message} message that was deleted */
  forget(message) {
    if (this._mode.kind !== "new" && this._mode.message.id === message.id) this._enter({ kind: "new" });
  }

  /** @param {Mode} mode */
  _enter(mode) {
    if (this._mode.kind === "new") this._draft = this._field.value;
    if (mode.kind === "edit") this._field.value = mode.message.body;
    else if (this._mode.kind === "edit") this._field.value = this._draft;
    this._mode = mode;
    this._note.hidden = mode.kind === "new";
    setText(part(this._note, "span"), this._noteOf(mode));
    setText(part(this.form, ".composer-send"), this._texts.say(mode.kind === "edit" ? "save" : "send"));
    this._drawCount();
    this.focus();
  }

  /** @param {Mode} mode */
  _noteOf(mode) {
    if (mode.kind === "new") return "";
    if (mode.kind === "edit") return this._texts.say("editing");
    return this._texts.say("replyingTo", { name: mode.message.author?.name ?? this._texts.say("deletedAccount") });
  }

  /** @param {SubmitEvent} event */
  _submitted(event) {
    event.preventDefault();
    const poll = this._mode.kind === "new" ? this._chosenPoll() : null;
    const body = this._field.value.trim() || (poll?.question ?? "");
    if (body === "") return this.focus();
    this._hand(body, poll?.id ?? null);
    this._enter({ kind: "new" });
  }

  /**
   * @param {string} body
   * @param {string | null} pollId
   */
  _hand(body, pollId) {
    const mode = this._mode;
    if (mode.kind === "edit") {
      if (body !== mode.message.body) this._handlers.edit(mode.message, body);
      return;
    }
    // Replies belong to the first message of their thread.
    const parentId = mode.kind === "reply" ? (mode.message.parentId ?? mode.message.id) : null;
    this._handlers.send({ body, parentId, pollId });
    this._clear();
  }

  /** Returns the poll to attach, if one is chosen. */
  _chosenPoll() {
    const option = this._poll?.selectedOptions[0];
    return option?.value ? { id: option.value, question: option.text } : null;
  }

  _clear() {
    this._field.value = "";
    this._draft = "";
    if (this._poll) this._poll.value = "";
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    // Enter also ends the composition of a character, in Chinese for example.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "Escape" && this._mode.kind !== "new") {
      event.preventDefault();
      event.stopPropagation();
      this._enter({ kind: "new" });
    } else if (event.key === "ArrowUp" && this._field.value === "") {
      const message = this._handlers.lastOwn();
      if (!message) return;
      event.preventDefault();
      this.edit(message);
    }
  }

  _typed() {
    this._drawCount();
    if (this._field.value.trim() !== "" && this._mode.kind !== "edit") this._handlers.typing();
  }

  _drawCount() {
    const { length } = this._field.value;
    this._count.hidden = length < COUNTED_FROM;
    setText(this._count, this._texts.say("length", { count: length, max: MAX_CHARS }));
  }
}
