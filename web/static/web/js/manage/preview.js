/* A preview of the voter's page while a poll is edited. */

import { fill } from "../page.js";
import { SKETCHES, element, item } from "./preview_kinds.js";

const SHOWN_WHEN_EMPTY = 2;

export class Preview {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, string>} texts
   */
  constructor(form, texts) {
    this._form = form;
    this._texts = texts;
    this._frame = /** @type {HTMLElement} */ (document.getElementById("preview"));
    this._isDue = false;
  }

  /** Draws in the next frame; at most once per frame. */
  show() {
    if (this._isDue) return;
    this._isDue = true;
    requestAnimationFrame(() => {
      this._isDue = false;
      this._draw();
    });
  }

  _draw() {
    const fields = new FormData(this._form);
    const question = String(fields.get("question") ?? "").trim();
    const options = this._options(fields);
    this._set("question", question || this._texts.question, !question);
    const { hint, items } = this._sketch(fields, options);
    this._set("hint", hint);
    this._part("options").replaceChildren(...items);
  }

  /**
   * @param {FormData} fields
   * @param {string[]} options
   * @returns {import("./preview_kinds.js").Sketch}
   */
  _sketch(fields, options) {
    const kind = String(fields.get("kind") ?? this._form.dataset.kind);
    // Of a poll with votes, the form has no settings.
    const isLocked = !fields.has("kind");
    const sketch = isLocked ? undefined : SKETCHES[kind];
    if (sketch) return sketch({ form: this._form, fields, options, texts: this._texts });
    const box = { single: "phone-box phone-round", multiple: "phone-box" }[kind];
    return {
      hint: this._hint(kind, Number(fields.get("max_choices")), options.length),
      items: options.map((text, index) =>
        item(text, fill(this._texts.option, { number: index + 1 }), null, box ? element("span", box) : null),
      ),
    };
  }

  /** @param {FormData} fields */
  _options(fields) {
    const locked = document.querySelectorAll("#locked-options li");
    if (locked.length) return Array.from(locked, (each) => each.textContent ?? "");
    const texts = fields.getAll("option").map((each) => String(each).trim());
    const filled = texts.filter(Boolean);
    return filled.concat(Array(Math.max(0, SHOWN_WHEN_EMPTY - filled.length)).fill(""));
  }

  /**
   * @param {string} kind
   * @param {number} most
   * @param {number} count
   */
  _hint(kind, most, count) {
    if (kind === "single") return this._texts.oneOf;
    if (kind !== "multiple") return this._form.dataset.described ?? "";
    return most > 0 && most < count ? fill(this._texts.someOf, { count: most }) : this._texts.anyOf;
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {boolean} [isMissing]
   */
  _set(name, text, isMissing = false) {
    const place = this._part(name);
    place.textContent = text;
    place.classList.toggle("is-missing", isMissing);
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  _part(name) {
    return /** @type {HTMLElement} */ (this._frame.querySelector(`[data-preview=${name}]`));
  }
}
