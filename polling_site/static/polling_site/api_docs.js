// Swagger UI leaves the choice of the server, and the fields of parameters and bodies, without a name.
"use strict";

const NAMELESS =
  ".opblock-body :is(select, input, textarea):not([aria-label], [type=file], [type=checkbox])";

function nameFields() {
  document.getElementById("servers")?.setAttribute("aria-label", "Server");
  for (const field of document.querySelectorAll(NAMELESS)) {
    const parameter = field.closest("[data-param-name]");
    const name = parameter?.getAttribute("data-param-name");
    field.setAttribute("aria-label", name ?? "Request body");
  }
}

new MutationObserver(nameFields).observe(document.documentElement, {
  childList: true,
  subtree: true,
});
