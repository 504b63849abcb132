/* A heat map on a canvas with a pixel for each field of the grid, which the browser enlarges and
   the stylesheet blurs. So drawing costs the same on a phone and on a wall. */

const GLIDE_MS = 500;
// From few to many: the colours of glowing iron, which stand out on most pictures.
const COLORS = [
  [255, 214, 10],
  [255, 122, 0],
  [208, 0, 60],
];

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class HeatMap {
  /**
   * @param {HTMLElement} frame the canvas is appended to it
   * @param {number} columns
   * @param {number} rows
   */
  constructor(frame, columns, rows) {
    this._canvas = Object.assign(document.createElement("canvas"), { className: "spot-heat", width: columns, height: rows });
    this._canvas.setAttribute("aria-hidden", "true");
    frame.append(this._canvas);
    this._context = /** @type {CanvasRenderingContext2D} */ (this._canvas.getContext("2d"));
    this._image = this._context.createImageData(columns, rows);
    this._shown = new Float32Array(columns * rows);
    this._from = this._shown.slice();
    this._to = this._shown.slice();
    this._startedAt = 0;
    this._frame = 0;
  }

  end() {
    cancelAnimationFrame(this._frame);
  }

  /**
   * Moves to another map.
   * @param {string} heat a hex digit for each field, row by row
   */
  show(heat) {
    const to = Float32Array.from({ length: this._to.length }, (_, index) => parseInt(heat[index] ?? "0", 16) / 15);
    if (to.every((value, index) => value === this._to[index])) return;
    this._from = this._shown.slice();
    this._to = to;
    this._startedAt = performance.now();
    this._frame ||= requestAnimationFrame(() => this._step());
  }

  _step() {
    const passed = calm.matches ? 1 : Math.min(1, (performance.now() - this._startedAt) / GLIDE_MS);
    const eased = 1 - (1 - passed) ** 3;
    for (let index = 0; index < this._shown.length; index += 1) {
      this._shown[index] = this._from[index] + (this._to[index] - this._from[index]) * eased;
      this._image.data.set(colorOf(this._shown[index]), index * 4);
    }
    this._context.putImageData(this._image, 0, 0);
    this._frame = passed < 1 ? requestAnimationFrame(() => this._step()) : 0;
  }
}

/**
 * @param {number} heat from 0 to 1
 * @returns {number[]} red, green, blue and alpha
 */
function colorOf(heat) {
  const position = heat * (COLORS.length - 1);
  const index = Math.min(Math.floor(position), COLORS.length - 2);
  const part = position - index;
  const color = COLORS[index].map((value, channel) => value + (COLORS[index + 1][channel] - value) * part);
  return [...color, heat === 0 ? 0 : 90 + 150 * heat];
}
