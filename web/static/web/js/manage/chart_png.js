/* The results as a PNG: an SVG in the colours of the page, drawn on a canvas. */

import { formatCount, formatPercentage } from "../page.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {{color: (name: string) => string, font: string, isRtl: boolean,
 *    measure: (text: string, sizePx: number, weight: number) => number}} Look */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH_PX = 1200;
const EDGE_PX = 64;
const INNER_PX = WIDTH_PX - 2 * EDGE_PX;
const TITLE_PX = 44;
const LABEL_PX = 26;
const SMALL_PX = 22;
const BAR_PX = 22;
const VALUE_PX = 190;
// Twice the pixels, for sharp slides.
const DENSITY = 2;
const LONGEST_PX = 8000;

/**
 * @param {Results & {question?: string}} results
 * @param {string} caption
 * @returns {Promise<Blob>}
 */
export async function pictureOf(results, caption) {
  const look = lookOfPage();
  const { svg, height } = draw(results, caption, look);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await image.decode();
  const density = Math.min(DENSITY, LONGEST_PX / height);
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH_PX * density;
  canvas.height = height * density;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!(blob instanceof Blob)) throw new Error("no picture");
  return blob;
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // After the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @returns {Look} */
function lookOfPage() {
  const style = getComputedStyle(document.body);
  const context = document.createElement("canvas").getContext("2d");
  return {
    color: tokenColor,
    font: style.fontFamily,
    isRtl: document.documentElement.dir === "rtl",
    measure: (words, sizePx, weight) => {
      if (!context) return words.length * sizePx * 0.6;
      context.font = `${weight} ${sizePx}px ${style.fontFamily}`;
      return context.measureText(words).width;
    },
  };
}

/**
 * Resolves a colour token for the page's theme. The token's own value is `light-dark(…)`, which an
 * image can't resolve.
 * @param {string} name
 */
function tokenColor(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/**
 * @param {Results & {question?: string}} results
 * @param {string} caption
 * @param {Look} look
 */
function draw(results, caption, look) {
  const svg = create("svg", { width: WIDTH_PX, xmlns: SVG });
  const ground = create("rect", { width: WIDTH_PX, fill: look.color("surface") });
  svg.append(ground);
  let y = EDGE_PX;
  y = drawLines(svg, results.question ?? "", y, { sizePx: TITLE_PX, weight: 700, color: "ink", widthPx: INNER_PX }, look);
  y += 28;
  results.options.forEach((option, index) => {
    y = drawOption(svg, option, index, y, look);
  });
  y = drawLines(svg, caption, y + 8, { sizePx: SMALL_PX, weight: 400, color: "muted", widthPx: INNER_PX }, look);
  const height = Math.ceil(y + EDGE_PX);
  for (const each of [svg, ground]) each.setAttribute("height", String(height));
  return { svg, height };
}

/**
 * @param {Element} svg
 * @param {import("../poll_store.js").OptionTally} option
 * @param {number} index
 * @param {number} y
 * @param {Look} look
 */
function drawOption(svg, option, index, y, look) {
  const value = `${formatPercentage(option.percentage ?? 0)} · ${formatCount(option.voteCount ?? 0)}`;
  const end = look.isRtl ? EDGE_PX : WIDTH_PX - EDGE_PX;
  const values = text(value, end, y + LABEL_PX, { sizePx: LABEL_PX, weight: 700, color: "ink" }, look);
  values.setAttribute("text-anchor", look.isRtl ? "start" : "end");
  values.setAttribute("direction", "ltr");
  svg.append(values);
  const widthPx = INNER_PX - VALUE_PX;
  const below = drawLines(svg, option.text, y, { sizePx: LABEL_PX, weight: 600, color: "ink", widthPx }, look) + 8;
  const filled = INNER_PX * ((option.percentage ?? 0) / 100);
  const bar = { y: below, height: BAR_PX };
  svg.append(
    create("rect", { ...bar, x: EDGE_PX, width: INNER_PX, fill: look.color("bar-track") }),
    create("rect", {
      ...bar,
      x: look.isRtl ? WIDTH_PX - EDGE_PX - filled : EDGE_PX,
      width: filled,
      fill: look.color(`bar-${(index % 8) + 1}`),
    }),
  );
  return below + BAR_PX + 28;
}

/**
 * Draws text in as many lines as needed; returns the y coordinate below it.
 * @param {Element} svg
 * @param {string} words
 * @param {number} y
 * @param {{sizePx: number, weight: number, color: string, widthPx: number}} type
 * @param {Look} look
 */
function drawLines(svg, words, y, type, look) {
  const isRtl = directionOf(words, look.isRtl);
  const start = look.isRtl ? WIDTH_PX - EDGE_PX : EDGE_PX;
  for (const each of wrap(words, type, look)) {
    const line = text(each, start, y + type.sizePx, type, look);
    line.setAttribute("direction", isRtl ? "rtl" : "ltr");
    line.setAttribute("text-anchor", isRtl === look.isRtl ? "start" : "end");
    svg.append(line);
    y += type.sizePx * 1.3;
  }
  return y;
}

/**
 * @param {string} words
 * @param {{sizePx: number, weight: number, widthPx: number}} type
 * @param {Look} look
 */
function wrap(words, { sizePx, weight, widthPx }, look) {
  const fits = (/** @type {string} */ line) => look.measure(line, sizePx, weight) <= widthPx;
  /** @type {string[]} */
  const lines = [];
  for (const paragraph of words.split("\n")) {
    let line = "";
    for (const word of paragraph.split(/\s+/).flatMap((each) => (fits(each) ? [each] : cut(each, fits)))) {
      const longer = line ? `${line} ${word}` : word;
      if (fits(longer)) line = longer;
      else {
        lines.push(line);
        line = word;
      }
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Splits a word that is longer than a line.
 * @param {string} word
 * @param {(line: string) => boolean} fits
 */
function cut(word, fits) {
  const pieces = [""];
  // By grapheme, so that no emoji is cut in two.
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    const longer = pieces[pieces.length - 1] + segment;
    if (fits(longer)) pieces[pieces.length - 1] = longer;
    else pieces.push(segment);
  }
  return pieces;
}

/**
 * Decides like `dir="auto"`: by the first letter that has a direction.
 * @param {string} words
 * @param {boolean} isRtl for words without one
 */
function directionOf(words, isRtl) {
  const letter = words.match(/\p{L}/u)?.[0];
  return letter ? /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(letter) : isRtl;
}

/**
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {{sizePx: number, weight: number, color: string}} type
 * @param {Look} look
 */
function text(words, x, y, { sizePx, weight, color }, look) {
  const element = create("text", {
    x,
    y,
    fill: look.color(color),
    "font-family": look.font,
    "font-size": sizePx,
    "font-weight": weight,
  });
  element.textContent = words;
  return element;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function create(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key !== "xmlns") element.setAttribute(key, String(value));
  }
  return element;
}
