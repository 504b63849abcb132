/* The screen: full screen, theme, and wake lock. */

const THEME_COOKIE = "tallyroom_theme";
const THEMES = /** @type {const} */ (["auto", "light", "dark"]);
const YEAR_S = 31_536_000;

/** @type {WakeLockSentinel | null} */
let lock = null;

/** @param {AbortSignal} signal */
export function stayAwake(signal) {
  askToStayAwake();
  document.addEventListener("visibilitychange", askToStayAwake, { signal });
}

async function askToStayAwake() {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    // Not supported, or refused because the battery is low.
  }
}

/** @returns {Promise<boolean>} whether the browser can */
export async function toggleFullScreen() {
  const page = document.documentElement;
  if (!page.requestFullscreen) return false;
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen());
    return true;
  } catch {
    return false;
  }
}

/**
 * Switches to the next theme, and stores it in a cookie.
 * @returns {"auto" | "light" | "dark"}
 */
export function nextTheme() {
  const { dataset } = document.documentElement;
  const index = THEMES.findIndex((theme) => theme === (dataset.theme ?? "auto"));
  const theme = THEMES[(index + 1) % THEMES.length];
  if (theme === "auto") delete dataset.theme;
  else dataset.theme = theme;
  document.cookie = `${THEME_COOKIE}=${theme}; path=/present; max-age=${YEAR_S}; samesite=lax`;
  return theme;
}
