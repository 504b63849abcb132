/* The ballot of `hotspot`: marks on a picture, by pointer, by keys, or as numbers. */

import { byId, fill, setText } from "../page.js";
import { KindBallot } from "./kind_ballot.js";
import { bounded, placeOf, putAt, shape } from "./spots.js";

/** @typedef {import("./answers.js").Answer} Answer
 *  @typedef {import("./spots.js").Place} Place */

const STEP = 0.01;
const LARGE_STEP = 0.05;
/** @type {Record<string, [number, number]>} physical directions, as the picture has them */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    this._frame = byId("spot-frame");
    this._max = head.settings.maxPlaces ?? 1;
    /** @type {Place[]} */
    this._places = [];
    /** @type {HTMLButtonElement[]} */
    this._marks = [];
    // The one that a click moves once all are marked.
    this._current = 0;
    /** @type {HTMLInputElement[][]} */
    this._fields = Array.from(this.place.querySelectorAll(".spot-fields li"), (row) => Array.from(row.querySelectorAll("input")));
    shape(this._frame);
    this._frame.addEventListener("click", (event) => this._click(event));
    byId("spot-add").addEventListener("click", () => this._add({ x: 0.5, y: 0.5 })?.focus());
    byId("spot-remove").addEventListener("click", () => this._remove(this._current));
    byId("spot-details").addEventListener("input", () => this._readFields());
    this._readFields();
  }

  /** @returns {Answer[]} */
  get answers() {
    return this._places.map(({ x, y }) => ({ x, y }));
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    this._places = answers.map(({ x, y }) => ({ x: x ?? 0, y: y ?? 0 }));
    this._current = Math.max(0, this._places.length - 1);
    setText(byId("spot-status"), "");
    this._draw();
  }

  /** Focuses the first mark, or the button that makes one. */
  focus() {
    (this._marks[0] ?? byId("spot-add")).focus();
  }

  get _isLocked() {
    return this._paper.disabled;
  }

  /** @param {MouseEvent} event */
  _click(event) {
    const isOnMark = event.target instanceof Element && event.target.closest(".spot-mark");
    if (this._isLocked || isOnMark) return;
    const place = placeOf(event, this._frame);
    if (this._places.length < this._max) this._add(place);
    else this._move(this._current, place);
  }

  /** @param {Place} place */
  _add(place) {
    if (this._places.length >= this._max) {
      setText(byId("spot-status"), this.texts.kind.full);
      return null;
    }
    this._places.push(place);
    this._current = this._places.length - 1;
    this._draw();
    this._say(this._current);
    return this._marks[this._current];
  }

  /**
   * @param {number} index
   * @param {Place} place
   */
  _move(index, place) {
    this._places[index] = { x: bounded(place.x), y: bounded(place.y) };
    this._current = index;
    this._draw();
    this._say(index);
  }

  /** @param {number} index */
  _remove(index) {
    if (index >= this._places.length) return;
    this._places.splice(index, 1);
    this._current = Math.max(0, this._places.length - 1);
    this._draw();
    setText(byId("spot-status"), this.texts.kind.removed);
    (this._marks[this._current] ?? byId("spot-add")).focus();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} index
   */
  _press(event, index) {
    const { x, y } = this._places[index];
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? LARGE_STEP : STEP;
      this._move(index, { x: x + arrow[0] * step, y: y + arrow[1] * step });
    } else if (event.key === "Delete" || event.key === "Backspace") this._remove(index);
    else return;
    event.preventDefault();
  }

  /**
   * @param {PointerEvent} event
   * @param {number} index
   */
  _drag(event, index) {
    const mark = this._marks[index];
    this._current = index;
    mark.setPointerCapture(event.pointerId);
    mark.onpointermove = (moved) => this._move(index, placeOf(moved, this._frame));
    mark.onpointerup = mark.onpointercancel = () => (mark.onpointermove = null);
  }

  _draw() {
    while (this._marks.length > this._places.length) this._marks.pop()?.remove();
    while (this._marks.length < this._places.length) this._marks.push(this._makeMark(this._marks.length));
    this._marks.forEach((mark, index) => {
      putAt(mark, this._places[index]);
      mark.setAttribute("aria-label", this._words(index));
    });
    this._fields.forEach(([x, y], index) => {
      const place = this._places[index];
      if (document.activeElement !== x) x.value = place ? percent(place.x) : "";
      if (document.activeElement !== y) y.value = place ? percent(place.y) : "";
    });
    byId("spot-add").hidden = this._places.length >= this._max;
    byId("spot-remove").hidden = this._places.length === 0;
  }

  /** @param {number} index */
  _makeMark(index) {
    const mark = Object.assign(document.createElement("button"), { type: "button", className: "spot-mark" });
    if (this._max > 1) mark.textContent = String(index + 1);
    mark.addEventListener("keydown", (event) => this._press(event, index));
    mark.addEventListener("pointerdown", (event) => this._drag(event, index));
    mark.addEventListener("focus", () => (this._current = index));
    this._frame.append(mark);
    return mark;
  }

  /** Takes the rows of the form that are filled in. */
  _readFields() {
    this._places = this._fields.flatMap(([x, y]) => {
      const isFilled = x.value !== "" && y.value !== "" && x.validity.valid && y.validity.valid;
      return isFilled ? [{ x: bounded(Number(x.value) / 100), y: bounded(Number(y.value) / 100) }] : [];
    });
    this._draw();
  }

  /** @param {number} index */
  _say(index) {
    setText(byId("spot-status"), this._words(index));
  }

  /** @param {number} index */
  _words(index) {
    const { x, y } = this._places[index];
    return fill(this.texts.kind.place, { number: index + 1, x: Math.round(x * 100), y: Math.round(y * 100) });
  }
}

/** @param {number} part */
function percent(part) {
  return String(Math.round(part * 10_000) / 100);
}
