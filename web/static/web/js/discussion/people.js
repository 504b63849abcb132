/* Who is here, and who is writing. */

import { setText } from "../page.js";
import { part } from "./part.js";

/** @typedef {{id: string, name: string, status?: string, doing?: string | null}} Present
 *  @typedef {{people: Present[] | null, count: number}} PresenceState `people` is null if too many
 *  @typedef {{joined: Present[], left: string[], changed: Present[], count: number}} PresenceDiff */

// The server says "typing" again before this, if it goes on.
const TYPING_MS = 10_000;
const MAX_TYPING_NAMES = 2;
const MAX_LISTED = 100;

export class People {
  /**
   * @param {HTMLElement} root the discussion
   * @param {import("./texts.js").Texts} texts
   * @param {() => string | undefined} ownId
   */
  constructor(root, texts, ownId) {
    this._texts = texts;
    this._ownId = ownId;
    this._details = /** @type {HTMLDetailsElement} */ (part(root, ".discussion-people"));
    this._typingLine = part(root, ".discussion-typing");
    /** @type {Map<string, Present> | null} */
    this._present = null;
    this._count = 0;
    /** @type {Map<string, {name: string, timer: number}>} */
    this._typing = new Map();
  }

  start() {
    this._details.addEventListener("toggle", () => this._drawList());
    // It covers the messages: closed by leaving it.
    this._details.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !this._details.contains(relatedTarget)) this._details.open = false;
    });
    this._details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this._details.open) return;
      event.stopPropagation();
      this._details.open = false;
    });
  }

  /** @param {PresenceState} state */
  take({ people, count }) {
    this._present = people && new Map(people.map((person) => [person.id, person]));
    this._count = count;
    this._draw();
  }

  /** @param {PresenceDiff} diff */
  follow({ joined, left, changed, count }) {
    for (const person of [...joined, ...changed]) this._present?.set(person.id, person);
    for (const id of left) {
      this._present?.delete(id);
      this.stopTyping(id);
    }
    this._count = count;
    this._draw();
  }

  /** @param {{id: string, name: string}} person who is writing */
  startTyping({ id, name }) {
    if (id === this._ownId()) return;
    clearTimeout(this._typing.get(id)?.timer);
    this._typing.set(id, { name, timer: setTimeout(() => this.stopTyping(id), TYPING_MS) });
    this._drawTyping();
  }

  /** @param {string} id of a person whose message has arrived */
  stopTyping(id) {
    clearTimeout(this._typing.get(id)?.timer);
    if (this._typing.delete(id)) this._drawTyping();
  }

  _draw() {
    this._details.hidden = this._count === 0;
    setText(part(this._details, "summary > span"), this._texts.count("present", this._count));
    this._drawList();
  }

  _drawList() {
    if (!this._details.open) return;
    const people = [...(this._present?.values() ?? [])].sort((one, other) => one.name.localeCompare(other.name));
    const list = part(this._details, "ul");
    list.replaceChildren(...people.slice(0, MAX_LISTED).map((person) => this._itemOf(person)));
    const others = this._count - Math.min(people.length, MAX_LISTED);
    const more = part(this._details, "p");
    more.hidden = others <= 0;
    setText(more, this._texts.count("otherPeople", Math.max(0, others)));
  }

  /** @param {Present} person */
  _itemOf({ id, name, status, doing }) {
    const item = document.createElement("li");
    const who = document.createElement("bdi");
    who.textContent = name;
    item.append(who);
    const isAway = status === "away" || status === "busy";
    const notes = [
      id === this._ownId() ? this._texts.say("you") : "",
      doing ?? "",
      isAway ? this._texts.say(status) : "",
    ].filter(Boolean);
    if (notes.length) {
      const note = document.createElement("span");
      note.className = "muted";
      note.dir = "auto";
      note.textContent = ` · ${notes.join(" · ")}`;
      item.append(note);
    }
    return item;
  }

  _drawTyping() {
    const names = Array.from(this._typing.values(), ({ name }) => name);
    let text = "";
    if (names.length > MAX_TYPING_NAMES) text = this._texts.count("typingMany", names.length);
    else if (names.length === 2) text = this._texts.say("typingTwo", { one: names[0], other: names[1] });
    else if (names.length === 1) text = this._texts.say("typingOne", { name: names[0] });
    setText(this._typingLine, text);
  }}
