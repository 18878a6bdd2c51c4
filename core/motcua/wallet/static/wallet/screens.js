// The screens of the wallet: its list, receiving, sharing, history.

import { isObject, randomText } from "./bytes.js";
import { openOffer, takeOffer } from "./issuance.js";
import { keyFrom, readJws } from "./jws.js";
import { ask, checkAddress, issuerKeys } from "./net.js";
import { answerRequest, choosePapers, openRequest, refuseRequest } from "./presentation.js";
import { takeApart } from "./sdjwt.js";
import { NAMES, readStatus } from "./statuslist.js";
import { addHistory, addPapers, allHistory, allPapers, deletePaper, wipe } from "./storage.js";
import { day, moment, named, t, valueText } from "./texts.js";
import { actions, button, errorText, field, h, notice, pairs, pass, show, showWorking } from "./ui.js";

const COLOURS = { valid: "ok", revoked: "bad", suspended: "warn", ended: "warn", unknown: "warn" };
const seconds = () => Math.floor(Date.now() / 1000);
const fetcher = (...request) => fetch(...request);

/** The list of papers, the history, and the way to forget everything. */
export async function home(root, message) {
  const [papers, history] = await Promise.all([allPapers(), allHistory()]);
  const again = (text) => home(root, text);
  show(
    root,
    message ? notice(message) : null,
    h("h1", {}, t("papers")),
    papers.length ? papers.map((paper) => card(paper, again)) : h("div", { class: "empty" }, h("p", {}, t("noPapers"))),
    h("h2", {}, t("history")),
    history.length ? h("ul", { class: "list" }, ...history.map(historyLine)) : h("p", { class: "soft" }, t("noHistory")),
    papers.length || history.length ? actions(forgetAll(again)) : null,
  );
}

/** Receive: `/?credential_offer_uri=…`. */
export async function receive(root, parameters) {
  showWorking(root);
  const offer = await openOffer(fetcher, parameters);
  const code = offer.txCode ? codeField(offer.txCode) : null;
  const take = async () => {
    const taken = await takeOffer(fetcher, offer, code?.input.value.trim(), seconds());
    confirmStore(root, offer, taken);
  };
  const { name, host } = sender(offer.issuer);
  show(
    root,
    h("h1", {}, t("receiveTitle")),
    h("p", {}, t("offeredBy", { name, host })),
    offer.kinds.map(kindCard),
    code?.box,
    actions(button(t("take"), take), button(t("cancel"), () => leave(root, t("discarded")), { secondary: true })),
  );
}

/** Present: `/?client_id=…&request_uri=…`. */
export async function share(root, parameters, roots) {
  showWorking(root);
  const request = await openRequest(fetcher, parameters, roots, seconds());
  let choices = [];
  let lacking = null;
  try {
    choices = choosePapers(request, await allPapers());
  } catch (error) {
    lacking = error;
  }
  const agree = async () => {
    const target = await answerRequest(fetcher, request, choices, seconds());
    await remember(request, choices);
    await follow(root, target, t("shared"));
  };
  const refuse = async () => {
    const target = await refuseRequest(fetcher, request);
    await remember(request, []);
    await follow(root, target, t("refused"));
  };
  show(
    root,
    h("h1", {}, t("presentTitle")),
    h("p", {}, t("asks", { name: request.name, host: request.host })),
    h("p", { class: request.trusted ? "notice ok" : "notice bad" }, t(request.trusted ? "trusted" : "untrusted")),
    request.purpose && request.purpose !== request.name ? h("p", {}, `${t("purpose")}: ${request.purpose}`) : null,
    lacking ? errorText(lacking) : choices.map(choiceCard),
    actions(lacking ? null : button(t("agree"), agree), button(t("refuse"), refuse, { secondary: true })),
  );
}

function card(paper, again) {
  const { content } = paper;
  const badge = h("span", { class: "badge" }, t("checking"));
  const face = pass(paper.issuerName, named(paper.kind.display, content.vct), content.claims.full_name);
  checkStatus(paper).then((state) => {
    badge.textContent = t(state);
    badge.className = `badge ${COLOURS[state]}`;
    face.classList.toggle("ended", ["revoked", "suspended", "ended"].includes(state));
  });
  const remove = async () => {
    if (!confirm(t("confirmDelete"))) return;
    await deletePaper(paper.id);
    await again();
  };
  const facts = [[t("issuedBy"), `${paper.issuerName} (${new URL(content.issuer).host})`]];
  if (content.issuedAt) facts.push([t("issuedOn"), day(content.issuedAt)]);
  if (content.expiresAt) facts.push([t("expiresOn"), day(content.expiresAt)]);
  facts.push([t("received"), moment(paper.receivedAt)]);
  return h(
    "article",
    { class: "paper", "aria-label": named(paper.kind.display, content.vct) },
    face,
    h("div", { class: "card" }, h("p", {}, badge), pairs(facts), contentOf(paper), actions(button(t("delete"), remove, { secondary: true }))),
  );
}

function contentOf(paper) {
  const lines = pairs(claimLines(paper, Object.keys(paper.content.claims)));
  return h("details", {}, h("summary", {}, t("details")), lines);
}

/** The state of a paper for its badge; what cannot be checked is said to be so. */
async function checkStatus({ content }) {
  if (content.expiresAt && content.expiresAt <= seconds()) return "ended";
  if (!content.status) return "valid";
  try {
    const response = await ask(fetcher, content.status.uri, { headers: { Accept: "application/statuslist+jwt" } });
    const token = (await response.text()).trim();
    const key = await keyFrom(await issuerKeys(fetcher, content.issuer), readJws(token).header.kid);
    return NAMES[await readStatus(token, content.status, key, seconds())] ?? "unknown";
  } catch (error) {
    console.warn(error);
    return "unknown";
  }
}

/** Label and value of claims, in the order in which the issuer lists them. */
function claimLines(paper, names) {
  const listed = (paper.kind.claims ?? []).map((claim) => claim.path[0]);
  const place = (name) => (listed.includes(name) ? listed.indexOf(name) : listed.length);
  const ordered = [...names].sort((a, b) => place(a) - place(b));
  return ordered.map((name) => [claimName(paper.kind, name), valueOf(paper, name)]);
}

/** A claim's value: a choice by its name, a document as link, anything else as text. */
function valueOf(paper, name) {
  const value = paper.content.claims[name];
  const choices = (paper.kind.claims ?? []).find((claim) => claim.path[0] === name)?.choices ?? {};
  if (typeof value === "string" && Object.hasOwn(choices, value)) return named(choices[value], value);
  if (!isObject(value) || typeof value.uri !== "string") return valueText(value);
  const href = checkAddress(value.uri).href;
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, String(value.number ?? href));
}

function claimName(kind, name) {
  const entry = (kind.claims ?? []).find((claim) => claim.path.length === 1 && claim.path[0] === name);
  return named(entry?.display, name);
}

/** The part of a configuration that is kept with a paper, so that it reads the same without network. */
function kindOf(configuration) {
  const { display, claims } = configuration.credential_metadata ?? {};
  return { id: configuration.id, display, claims };
}

function sender(issuer) {
  return { name: named(issuer.display, issuer.credential_issuer), host: new URL(issuer.credential_issuer).host };
}

function kindCard(configuration) {
  const kind = kindOf(configuration);
  const names = (kind.claims ?? []).filter((claim) => claim.path.length === 1).map((claim) => claim.path[0]);
  return h(
    "article",
    { class: "card" },
    h("h2", {}, named(kind.display, configuration.vct)),
    names.length ? h("p", {}, t("willHold")) : null,
    h("ul", { class: "list" }, ...names.map((name) => h("li", {}, claimName(kind, name)))),
  );
}

function codeField({ length, input_mode: mode }) {
  return field("tx_code", t("txCode"), t("txCodeHelp", { length: length ?? "" }), {
    required: true,
    autocomplete: "one-time-code",
    inputmode: mode === "text" ? "text" : "numeric",
    maxlength: length,
  });
}

function confirmStore(root, offer, { papers, finish }) {
  const kept = papers.map((paper) => ({
    id: randomText(),
    credential: paper.credential,
    key: paper.key,
    content: paper.content,
    kind: kindOf(paper.kind),
    issuerName: sender(offer.issuer).name,
    receivedAt: seconds(),
  }));
  const store = async () => {
    await addPapers(kept);
    await finish("credential_accepted");
    await leave(root, t("stored"));
  };
  const discard = async () => {
    await finish("credential_deleted");
    await leave(root, t("discarded"));
  };
  const preview = (paper) =>
    h(
      "article",
      { class: "card" },
      h("h2", {}, named(paper.kind.display, paper.content.vct)),
      pairs(claimLines(paper, Object.keys(paper.content.claims))),
    );
  show(
    root,
    h("h1", {}, t("checkTitle")),
    h("p", { class: "notice ok" }, t("verified")),
    kept.map(preview),
    actions(button(t("store"), store), button(t("discard"), discard, { secondary: true })),
  );
}

function choiceCard({ paper, reveal }) {
  const all = Object.keys(paper.content.claims);
  const open = all.filter((name) => Object.hasOwn(takeApart(paper.credential).payload, name) && !reveal.includes(name));
  const hidden = all.filter((name) => !reveal.includes(name) && !open.includes(name));
  const part = (title, names) => (names.length ? [h("h3", {}, title), pairs(claimLines(paper, names))] : []);
  return h(
    "article",
    { class: "card" },
    h("h2", {}, named(paper.kind.display, paper.content.vct)),
    ...part(t("willShare"), reveal),
    ...part(t("alwaysShown"), open),
    hidden.length
      ? [h("h3", {}, t("notShared")), h("p", {}, hidden.map((name) => claimName(paper.kind, name)).join(", "))]
      : null,
  );
}

async function remember(request, choices) {
  await addHistory({
    at: seconds(),
    name: request.name,
    host: request.host,
    shared: choices.map(({ paper, reveal }) => ({
      paper: named(paper.kind.display, paper.content.vct),
      claims: reveal.map((name) => claimName(paper.kind, name)),
    })),
  });
}

function historyLine({ at, name, host, shared }) {
  const what = shared.map(({ paper, claims }) => `${paper}: ${claims.join(", ")}`).join("; ");
  const head = t(shared.length ? "sharedWith" : "refusedTo", { name, host });
  return h("li", {}, `${moment(at)}: ${head}`, what ? h("br") : null, what);
}

function forgetAll(again) {
  const work = async () => {
    if (!confirm(t("confirmWipe"))) return;
    await wipe();
    await again();
  };
  return button(t("wipe"), work, { secondary: true });
}

/** Back to the list; the offer or request leaves the address bar. */
async function leave(root, message) {
  history.replaceState(null, "", location.pathname);
  await home(root, message);
}

async function follow(root, target, message) {
  if (target) location.assign(target);
  else await leave(root, message);
}
