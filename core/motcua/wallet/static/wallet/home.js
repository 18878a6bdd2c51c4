// The list of papers, what is awaited, the history, and the way to forget everything.

import { allLines, titleOf } from "./claims.js";
import { renew } from "./issuance.js";
import { fetcher, roots, seconds, visit } from "./here.js";
import { awaited } from "./later.js";
import { lineNotice } from "./line.js";
import { COLOURS, OVER, knownState, presentState } from "./status.js";
import { addPapers, allHistory, allPapers, allWaiting, changePaper, deletePaper, paperOf, wipe } from "./storage.js";
import { day, moment, t } from "./texts.js";
import { actions, askTwice, button, h, notice, pairs, pass, show } from "./ui.js";
import { visitNotice } from "./visit.js";

/** Show the wallet; `message` says what was just done, `from` (`{name, href}`) leads back to whom it was done with. */
export async function home(root, message, from = null) {
  const [papers, waiting, history] = await Promise.all([allPapers(), allWaiting(), allHistory()]);
  const again = (text) => home(root, text);
  const something = papers.length || waiting.length || history.length;
  show(
    root,
    message ? notice(message) : null,
    from ? h("p", {}, h("a", { href: from.href }, t("backTo", { name: from.name }))) : null,
    lineNotice(),
    visitNotice(),
    h("h1", {}, t("papers")),
    h("p", { class: "actions wallet-ways" }, h("a", { class: "button", href: "#scan" }, t("scanOrPaste"))),
    waiting.map((one) => awaited(one, root, again)),
    papers.length ? papers.map((paper) => card(paper, again)) : empty(waiting.length),
    h("h2", {}, t("history")),
    history.length ? h("ol", { class: "list history" }, ...history.map(historyLine)) : h("p", { class: "soft" }, t("noHistory")),
    something && !visit() ? forgetAll(again) : null,
  );
  document.body.dataset.screen = "home";
}

const empty = (waiting) => (waiting ? null : h("div", { class: "empty" }, h("p", {}, t("noPapers"))));

function card(paper, again) {
  const title = titleOf(paper);
  const face = pass({ issuerName: paper.issuerName, title, holder: paper.content.claims.full_name, href: `#show=${paper.id}` });
  const state = stateLine(paper, face);
  return h(
    "article",
    { class: "paper", "aria-label": title },
    face,
    h(
      "div",
      { class: "card" },
      state,
      paper.trusted ? null : h("p", { class: "notice warn" }, t("unknownIssuer")),
      pairs(facts(paper)),
      h("details", {}, h("summary", {}, t("details")), pairs(allLines(paper))),
      copiesLine(paper, again),
      actions(h("a", { class: "button", href: `#show=${paper.id}` }, t("show"))),
      askTwice(t("delete"), t("confirmDelete"), async () => {
        await deletePaper(paper.id);
        await again(t("deleted"));
      }),
    ),
  );
}

/** The badge of a paper: first what is known, then what its issuer says now. */
export function stateLine(paper, face) {
  const line = h("p", { class: "state" });
  const draw = ({ value, at, fresh }) => {
    const since = at && !fresh ? t("knownAt", { when: moment(at) }) : null;
    line.replaceChildren(h("span", { class: `badge ${COLOURS[value]}` }, t(value)), since ? h("span", { class: "soft small" }, since) : "");
    face?.classList.toggle("ended", OVER.has(value));
    if (value === "keyLost") line.append(h("span", { class: "small" }, t("keyLostHelp")));
  };
  draw(knownState(paper));
  presentState(paper).then(draw);
  return line;
}

function facts({ content, issuerName, receivedAt }) {
  const found = [[t("issuedBy"), `${issuerName} (${new URL(content.issuer).host})`]];
  if (content.issuedAt) found.push([t("issuedOn"), day(content.issuedAt)]);
  if (content.expiresAt) found.push([t("expiresOn"), day(content.expiresAt)]);
  found.push([t("received"), moment(receivedAt)]);
  return found;
}

/** How many copies nobody has seen; more can be fetched while the issuer's word lasts. */
function copiesLine(paper, again) {
  if (paper.copies.length < 2) return null;
  const unseen = paper.copies.filter((copy) => !copy.seenBy.length).length;
  const line = h("p", { class: "soft small" }, t("copies", { left: unseen, all: paper.copies.length }));
  if (unseen > 1 || !paper.grant?.refresh) return line;
  return h("div", {}, line, actions(button(t("fetchCopies"), () => fetchCopies(paper.id, again), { secondary: true })));
}

async function fetchCopies(id, again) {
  // A refresh token is good for one time: no second window may use it at this moment.
  await navigator.locks.request(`motcua-grant-${id}`, async () => {
    const paper = await paperOf(id);
    const keep = (grant) => changePaper(id, () => ({ grant }));
    const { copies, content, grant } = await renew(fetcher, paper, { roots: roots(), now: seconds(), keep });
    const fresh = copies.map(({ credential, key }) => ({ credential, key, seenBy: [] }));
    await addPapers([{ ...paper, copies: fresh, content, grant }]);
  });
  await again(t("copiesFetched"));
}

function historyLine({ at, name, host, purpose, shared, signed = [] }) {
  const what = shared.map(({ paper, claims }) => `${paper}: ${claims.join(", ")}`);
  const head = t(shared.length ? "sharedWith" : "refusedTo", { name, host });
  return h(
    "li",
    {},
    h("p", {}, h("time", { class: "soft small", datetime: new Date(at * 1000).toISOString() }, moment(at)), h("br"), h("strong", {}, head)),
    purpose ? h("p", { class: "small" }, `${t("purpose")}: ${purpose}`) : null,
    what.map((line) => h("p", { class: "small" }, line)),
    signed.map((line) => h("p", { class: "small" }, `${t("signed")}: ${line}`)),
  );
}

function forgetAll(again) {
  return askTwice(t("wipe"), t("confirmWipe"), async () => {
    await wipe();
    await again(t("wiped"));
  });
}
