/**
 * Uses a running Tallyroom through a client generated from its OpenAPI document.
 *
 *     node build/client.js http://127.0.0.1:8000
 *
 * Prints what it got as JSON. The `@ts-expect-error` lines hold the types: `tsc` fails where one of
 * them is no error.
 */
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./build/tallyroom.js";

type ErrorBody = components["schemas"]["ErrorBody"];

const baseUrl = process.argv[2];
if (!baseUrl) throw new Error("Usage: node build/client.js URL");
const visitor = createClient<paths>({ baseUrl });

/** The data of a response that must have succeeded. */
function need<T>({ data, error }: { data?: T; error?: ErrorBody }): T {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.message}`);
  return data;
}

const { tokens } = need(
  await visitor.POST("/api/auth/register", {
    body: { name: "Ada", email: `ada-${crypto.randomUUID()}@example.org`, password: "correct horse battery" },
  }),
);
const authenticate: Middleware = {
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${tokens.accessToken}`);
  },
};
const ada = createClient<paths>({ baseUrl });
ada.use(authenticate);

const { poll } = need(
  await ada.POST("/api/polls", {
    body: { question: "Tea or coffee?", options: ["Tea", { text: "Coffee" }], isPublished: true },
  }),
);
const [tea, coffee] = poll.options;
if (!tea || !coffee) throw new Error("The poll lacks an option.");

const vote = { params: { path: { poll_id: poll.id } }, body: { pollOptionId: tea.id } };
const { votes } = need(await ada.POST("/api/polls/{poll_id}/vote", vote));

const again = await ada.POST("/api/polls/{poll_id}/vote", vote);
const standing = again.response.status === 409 ? again.error : undefined;

const byPoll = { params: { path: { poll_id: poll.id } } };
const { poll: results } = need(await visitor.GET("/api/polls/{poll_id}/results", byPoll));

function exported(format: "csv" | "json" | "xlsx") {
  return { path: { poll_id: poll.id }, query: { format } };
}
const csv: string = need(
  await visitor.GET("/api/polls/{poll_id}/export", { params: exported("csv"), parseAs: "text" }),
);
const workbook: ArrayBuffer = need(
  await visitor.GET("/api/polls/{poll_id}/export", {
    params: exported("xlsx"),
    parseAs: "arrayBuffer",
  }),
);

const { polls, pagination } = need(
  await visitor.GET("/api/polls", { params: { query: { state: "open", limit: 5 } } }),
);
const refused = await visitor.POST("/api/polls", {
  body: { question: "Anybody?", options: ["Yes", "No"] },
});

console.log(
  JSON.stringify({
    voted: votes.map((each) => each.optionText),
    standing: standing && "vote" in standing ? standing.code : null,
    percentages: results.options.map((option) => option.percentageOfVoters),
    csv,
    workbook: Buffer.from(workbook).toString("base64"),
    listed: [polls.map((each) => each.id).includes(poll.id), pagination.totalCount],
    refused: refused.error?.code,
  }),
);

/** Never called: mistakes that the types have to catch. */
export async function makeMistakes(): Promise<void> {
  // @ts-expect-error There is no such path.
  await visitor.GET("/api/poll");
  // @ts-expect-error A vote has a body.
  await ada.POST("/api/polls/{poll_id}/vote", { params: { path: { poll_id: poll.id } } });
  // @ts-expect-error An id is a string.
  await ada.POST("/api/polls/{poll_id}/vote", { ...byPoll, body: { pollOptionId: 1 } });
  // @ts-expect-error An option is a text or an object.
  await ada.POST("/api/polls", { body: { question: "One?", options: [1, 2] } });
  // @ts-expect-error There is no such format.
  await visitor.GET("/api/polls/{poll_id}/export", { params: exported("pdf") });
  // @ts-expect-error A poll has no such field.
  String(poll.title);
  // @ts-expect-error Counts are null while results are hidden.
  poll.totalVotes.toFixed(0);
}
