// How papers and their claims read: by the names the issuer gave them, in the language of the page.

import { isObject } from "./bytes.js";
import { checkAddress } from "./net.js";
import { named, t, valueText } from "./texts.js";
import { h, pairs } from "./ui.js";

export const titleOf = (paper) => named(paper.kind.display, paper.content.vct);

/** The part of a configuration that is kept with a paper, so that it reads the same without network. */
export function kindOf(configuration) {
  // What was kept already has them at its top.
  const { display, claims } = configuration.credential_metadata ?? configuration;
  return { id: configuration.id, vct: configuration.vct, scope: configuration.scope, display, claims };
}

/** Name and host of an issuer. */
export function senderOf(issuer) {
  return { name: named(issuer.display, issuer.credential_issuer), host: new URL(issuer.credential_issuer).host };
}

/** Label and value of claims, in the order in which the issuer lists them. */
export function claimLines(paper, names) {
  const listed = (paper.kind.claims ?? []).map((claim) => claim.path[0]);
  const place = (name) => (listed.includes(name) ? listed.indexOf(name) : listed.length);
  const ordered = [...names].sort((a, b) => place(a) - place(b));
  return ordered.map((name) => [claimName(paper.kind, name), valueOf(paper, name)]);
}

export const allLines = (paper) => claimLines(paper, Object.keys(paper.content.claims));

export function claimName(kind, name) {
  const entry = (kind.claims ?? []).find((claim) => claim.path.length === 1 && claim.path[0] === name);
  return named(entry?.display, name);
}

/** The page on which anybody can check the paper, from its signed document; null when it has none. */
export function checkPage({ content }) {
  const uri = content.claims.document?.uri;
  return typeof uri === "string" ? checkAddress(uri).href : null;
}

/** What a kind of paper will hold, before it is received. */
export function kindCard(configuration) {
  const kind = kindOf(configuration);
  const names = (kind.claims ?? []).filter((claim) => claim.path.length === 1).map((claim) => claim.path[0]);
  return h(
    "article",
    { class: "card" },
    h("h2", {}, named(kind.display, configuration.vct)),
    names.length ? h("p", { class: "soft" }, t("willHold")) : null,
    names.length ? h("ul", { class: "ticks" }, ...names.map((name) => h("li", {}, claimName(kind, name)))) : null,
  );
}

/** A paper that came, before it is stored. */
export function preview(paper) {
  return h("article", { class: "card" }, h("h2", {}, titleOf(paper)), pairs(allLines(paper)));
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
