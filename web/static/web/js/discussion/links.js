/* Makes links of the addresses in a text, without ever parsing it as HTML. */

// What may follow an address in a sentence is not part of it.
const ADDRESS = /https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const TRAILING = /[.,:;!?…)\]}»”’]+$/u;

/** @typedef {{text: string, href: string | null}} Piece */

/**
 * Splits a text into pieces, of which some are links to http and https addresses.
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutTrailing(found);
    const href = normalized(address);
    if (href === null) continue;
    if (index > end) pieces.push({ text: text.slice(end, index), href: null });
    pieces.push({ text: address, href });
    end = index + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), href: null });
  return pieces;
}

/**
 * Returns the nodes that show a text.
 * @param {string} text
 * @returns {Node[]}
 */
export function nodesOf(text) {
  return piecesOf(text).map((piece) => {
    if (piece.href === null) return document.createTextNode(piece.text);
    const link = document.createElement("a");
    link.href = piece.href;
    link.rel = "noopener nofollow ugc";
    link.target = "_blank";
    link.textContent = piece.text;
    return link;
  });
}

/** @param {string} address */
function withoutTrailing(address) {
  const trailing = TRAILING.exec(address)?.[0] ?? "";
  const kept = address.slice(0, address.length - trailing.length);
  // A bracket that was opened within the address belongs to it.
  return trailing.startsWith(")") && kept.includes("(") ? `${kept})` : kept;
}

/**
 * Returns the normalized address; null if it is invalid. `ADDRESS` has checked its scheme.
 * @param {string} address
 * @returns {string | null}
 */
function normalized(address) {
  return URL.canParse(address) ? new URL(address).href : null;
}
