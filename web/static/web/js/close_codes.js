/* What the server's close codes mean for reconnecting; see docs/sockets.md. */

export const SUSPENDED = 4503;
// The server is full, or we sent too much: reconnecting at once would make it worse.
const CALM_CODES = new Set([4002, 4003, 4429]);
const SIGNED_OUT_CODES = new Set([4401, 4402]);
const NEVER_AGAIN_FROM = 4500;
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 30_000;
const RETRY_CALMLY_MS = 5_000;

/**
 * Whether clients must not reconnect after this code.
 * @param {number} code
 */
export function isFinal(code) {
  return code >= NEVER_AGAIN_FROM;
}

/**
 * Whether the session has ended.
 * @param {number} code
 */
export function isSignedOut(code) {
  return SIGNED_OUT_CODES.has(code);
}

/**
 * Grows with each failure, with jitter, so that clients don't all reconnect at once.
 * @param {number} failures in a row
 * @param {number} code
 * @returns {number} milliseconds to wait before reconnecting
 */
export function retryDelay(failures, code) {
  const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures);
  return Math.max(longest, CALM_CODES.has(code) ? RETRY_CALMLY_MS : 0) * (0.5 + Math.random() / 2);
}
