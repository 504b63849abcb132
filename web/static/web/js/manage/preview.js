/* A preview of the voter's page while a poll is edited. */

import { fill } from "../page.js";

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
    const isMultiple = this._isMultiple(fields);
    this._set("question", question || this._texts.question, !question);
    this._set("hint", this._hint(isMultiple, Number(fields.get("max_choices")), options.length));
    this._part("options").replaceChildren(
      ...options.map((text, index) => choice(text, fill(this._texts.option, { number: index + 1 }), isMultiple)),
    );
  }

  /** @param {FormData} fields */
  _options(fields) {
    const locked = document.querySelectorAll("#locked-options li");
    if (locked.length) return Array.from(locked, (each) => each.textContent ?? "");
    const texts = fields.getAll("option").map((each) => String(each).trim());
    const filled = texts.filter(Boolean);
    return filled.concat(Array(Math.max(0, SHOWN_WHEN_EMPTY - filled.length)).fill(""));
  }

  /** @param {FormData} fields */
  _isMultiple(fields) {
    return (fields.get("kind") ?? this._form.dataset.kind) === "multiple";
  }

  /**
   * @param {boolean} isMultiple
   * @param {number} most
   * @param {number} count
   */
  _hint(isMultiple, most, count) {
    if (!isMultiple) return this._texts.oneOf;
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

/**
 * @param {string} text
 * @param {string} placeholder
 * @param {boolean} isMultiple
 */
function choice(text, placeholder, isMultiple) {
  const entry = Object.assign(document.createElement("li"), { className: "phone-choice" });
  const box = Object.assign(document.createElement("span"), {
    className: isMultiple ? "phone-box" : "phone-box phone-round",
  });
  const label = Object.assign(document.createElement("span"), { dir: "auto", textContent: text || placeholder });
  label.classList.toggle("is-missing", !text);
  entry.append(box, label);
  return entry;
}
