/* /present/<id>: the presenter's page. */

import { loadResult } from "./kinds/results.js";
import { byId, pageData } from "./page.js";
import { ChoiceStage } from "./present/choice_stage.js";
import { Presenter } from "./present/presenter.js";

let presenter = await begin();

async function begin() {
  const Result = (await loadResult(pageData().head.kind)) ?? ChoiceStage;
  const begun = new Presenter(go, Result);
  begun.start();
  return begun;
}

/**
 * Presents another poll in this document: loading a page would exit full screen.
 * @param {string} url
 * @param {{isNew?: boolean}} [options] whether it is a step in the browser's history
 */
async function go(url, { isNew = true } = {}) {
  const main = await loadMain(url);
  if (!main) return location.assign(url);
  const { isOpen } = presenter.discussion;
  presenter.end();
  byId("main").replaceWith(main);
  if (isNew) history.pushState(null, "", url);
  presenter = await begin();
  if (isOpen) presenter.discussion.toggle();
  main.focus();
}

/**
 * @param {string} url
 * @returns {Promise<HTMLElement | null>} null if the browser has to load the page itself
 */
async function loadMain(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!response.ok) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.getElementById("stage")) return null;
    document.title = page.title;
    return document.adoptNode(/** @type {HTMLElement} */ (page.getElementById("main")));
  } catch {
    return null;
  }
}

addEventListener("popstate", () => {
  if (location.pathname !== presenter.path) go(location.href, { isNew: false });
});
