/* /p/<code>: the voter's page. */

import { DiscussionToggle } from "./discussion_toggle.js";
import { loadVotingKind } from "./kinds/voting_kind.js";
import { LiveSocket } from "./live_socket.js";
import { byId, pageData } from "./page.js";
import { PageVoter } from "./voter.js";
import { VotingPage } from "./voting_page.js";

const page = pageData();
const texts = pageData("page-texts");
const voter = new PageVoter(page);
const socket = new LiveSocket();

voter.onPersonChange = (/** @type {import("./voter.js").Person} */ person) => {
  showName(person);
  // A socket that was opened as a visitor can't vote.
  socket.reconnect();
  // An earlier guest of this browser may have voted already.
  if (!person.isNew) votingPage.read().catch(() => {});
};

const votingPage = new VotingPage(page, texts, socket, voter, await loadVotingKind(page.head.kind));
votingPage.start();
new DiscussionToggle({ socket, person: () => voter.person, ensurePerson: () => voter.ensurePerson() }).start();
await startOptionForm();
followName();
performance.mark("ready");

/** Participants can add options to some polls. */
async function startOptionForm() {
  const form = document.getElementById("option-form");
  if (!form) return;
  const { OptionForm } = await import("./option_form.js");
  new OptionForm(/** @type {HTMLFormElement} */ (form), texts.optionForm, voter, socket).start();
}

function followName() {
  const form = document.getElementById("name-form");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = new FormData(/** @type {HTMLFormElement} */ (form)).get("name");
    try {
      showName(await voter.rename(String(name)));
      const details = byId("name");
      details.removeAttribute("open");
      details.querySelector("summary")?.focus();
    } catch {
      // Submit without the script; the response is a page with the error.
      /** @type {HTMLFormElement} */ (form).submit();
    }
  });
}

/** @param {import("./voter.js").Person} person */
function showName({ name }) {
  const place = document.getElementById("name-shown");
  if (place && name !== page.defaultName) place.textContent = name;
}
