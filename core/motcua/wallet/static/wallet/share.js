// The consent screen, made from the request: who asks, for what, which claims, what can be chosen, what is signed.

import { claimLines, claimName, titleOf } from "./claims.js";
import { fetcher, roots, seconds } from "./here.js";
import { follow } from "./leaving.js";
import { answerRequest, consentOf, openRequest, refuseRequest } from "./presentation.js";
import { takeApart } from "./sdjwt.js";
import { OVER, knownState } from "./status.js";
import { addHistory, allPapers, changePaper } from "./storage.js";
import { money, t } from "./texts.js";
import { actions, button, choose, errorText, h, pairs, show, showWorking } from "./ui.js";

const UNSIGNABLE = "invalid_transaction_data";

/** Present: `/?client_id=…&request_uri=…`. */
export async function share(root, parameters) {
  showWorking(root);
  const request = await openRequest(fetcher, parameters, roots(), seconds());
  let consent = null;
  let lacking = null;
  try {
    consent = consentOf(request, await papersAtHand());
  } catch (error) {
    lacking = error;
  }
  // What cannot be shown cannot be agreed to: the verifier hears so at once (section 5.1).
  if (lacking?.code === UNSIGNABLE) await refuseRequest(fetcher, request, UNSIGNABLE);
  const picked = consent ? new Picked(consent) : null;
  const agree = async () => {
    const choices = picked.choices();
    const answer = { choices, transactions: consent.transactions, used: (paper, number) => note(paper, number, request.host) };
    const target = await answerRequest(fetcher, request, answer, seconds());
    await remember(request, choices, consent.transactions);
    await follow(root, target, t("shared"));
  };
  const refuse = async () => {
    const target = lacking?.code === UNSIGNABLE ? null : await refuseRequest(fetcher, request);
    await remember(request, [], []);
    await follow(root, target, t("refused"));
  };
  show(
    root,
    h("h1", {}, t(consent?.transactions.length ? "signTitle" : "presentTitle")),
    h("p", { class: "lead" }, t(consent?.transactions.length ? "asksSign" : "asks", { name: request.name, host: request.host })),
    h("p", { class: request.trusted ? "notice ok" : "notice bad" }, t(request.trusted ? "trusted" : "untrusted")),
    request.purpose && request.purpose !== request.name ? h("p", {}, h("strong", {}, `${t("purpose")}: `), request.purpose) : null,
    consent ? consent.transactions.map(transactionCard) : null,
    lacking ? errorText(lacking) : picked.element,
    lacking ? null : h("p", { class: "soft small" }, t(request.encryption ? "sentEncrypted" : "sentOnce")),
    actions(
      lacking ? null : button(t(consent.transactions.length ? "agreeAndSign" : "agree"), agree),
      button(t(lacking ? "goBack" : "refuse"), refuse, { secondary: true }),
    ),
  );
}

/** The papers, those last of which it is known that they hold no longer. */
async function papersAtHand() {
  const over = (paper) => Number(OVER.has(knownState(paper).value));
  return (await allPapers()).sort((one, other) => over(one) - over(other));
}

/** What the person has chosen: an option of each set, a paper for each query. */
class Picked {
  constructor({ matches, sets }) {
    this.matches = matches;
    this.sets = sets.map((set) => ({ ...set, option: set.required ? 0 : null }));
    this.papers = new Map([...matches.keys()].map((id) => [id, 0]));
    this.element = h("div", { class: "stack" });
    for (const [number, set] of this.sets.entries()) this.element.append(this.setPart(set, number));
  }

  ids() {
    return [...new Set(this.sets.flatMap((set) => (set.option === null ? [] : set.options[set.option])))];
  }

  choices() {
    return this.ids().map((id) => this.matches.get(id)[this.papers.get(id)]);
  }

  setPart(set, number) {
    const cards = h("div", { class: "stack" });
    const draw = (option) => {
      set.option = option;
      cards.replaceChildren(...(option === null ? [] : set.options[option].map((id) => this.queryPart(id))));
    };
    draw(set.option);
    const parts = [cards];
    const names = set.options.map((ids) => ids.map((id) => titleOf(this.matches.get(id)[0].paper)).join(" + "));
    if (set.options.length > 1) {
      const options = set.options.map((ids, i) => [String(i), this.claimsOf(ids), h("br"), h("span", { class: "soft small" }, names[i])]);
      parts.unshift(choose(`set-${number}`, t("chooseOne"), options, (value) => draw(Number(value))));
    }
    if (!set.required) parts.unshift(this.optional(number, names, draw, parts));
    return h("section", { class: "consent-set" }, ...parts);
  }

  /** The names of what an option reveals, by which a person tells it from the others. */
  claimsOf(ids) {
    const names = ids.flatMap((id) => {
      const [{ paper, reveal }] = this.matches.get(id);
      return reveal.map((name) => claimName(paper.kind, name));
    });
    return [...new Set(names)].join(", ");
  }

  /** What the verifier can do without: shared only when the person ticks it. */
  optional(number, names, draw, parts) {
    const rest = [...parts];
    const shown = (on) => {
      for (const part of rest) part.hidden = !on;
      draw(on ? 0 : null);
    };
    shown(false);
    const input = h("input", { type: "checkbox", id: `optional-${number}`, change: () => shown(input.checked) });
    return h("label", { class: "option" }, input, h("span", {}, t("optional", { what: names.join(` ${t("or")} `) })));
  }

  queryPart(id) {
    const found = this.matches.get(id);
    const place = h("div", {});
    const draw = (number) => {
      this.papers.set(id, number);
      place.replaceChildren(claimsCard(found[number]));
    };
    draw(this.papers.get(id));
    if (found.length === 1) return place;
    const options = found.map(({ paper }, i) => [String(i), titleOf(paper), h("br"), h("span", { class: "soft small" }, told(paper))]);
    return h("div", {}, choose(`paper-${id}`, t("whichPaper"), options, (value) => draw(Number(value))), place);
  }
}

const told = ({ issuerName, content }) => [issuerName, content.claims.document?.number].filter(Boolean).join(", ");

function claimsCard({ paper, reveal }) {
  const all = Object.keys(paper.content.claims);
  const { payload } = takeApart(paper.copies[0].credential);
  const open = all.filter((name) => Object.hasOwn(payload, name) && !reveal.includes(name));
  const hidden = all.filter((name) => !reveal.includes(name) && !open.includes(name));
  const part = (title, names) => (names.length ? [h("h3", {}, title), pairs(claimLines(paper, names))] : []);
  return h(
    "article",
    { class: "card" },
    h("h2", {}, titleOf(paper)),
    h("p", { class: "soft" }, paper.issuerName),
    ...part(t("willShare"), reveal),
    ...part(t("alwaysShown"), open),
    hidden.length
      ? [h("h3", {}, t("notShared")), h("p", {}, hidden.map((name) => claimName(paper.kind, name)).join(", "))]
      : null,
  );
}

/** What is signed, in words: which application, by the fingerprint of exactly its content, for which fee. */
function transactionCard({ procedure, form, fee }) {
  return h(
    "article",
    { class: "card act" },
    h("h2", {}, t("signsDossier")),
    pairs([
      [t("procedure"), procedure],
      [t("fee"), fee ? money(fee) : t("noFee")],
      [t("fingerprint"), h("code", { class: "fingerprint" }, form.match(/.{1,4}/g).join(" "))],
    ]),
    h("p", {}, t("signMeans")),
  );
}

const note = (paper, number, host) =>
  changePaper(paper.id, ({ copies }) => ({
    copies: copies.map((copy, i) => (i === number && !copy.seenBy.includes(host) ? { ...copy, seenBy: [...copy.seenBy, host] } : copy)),
  }));

async function remember(request, choices, transactions) {
  await addHistory({
    at: seconds(),
    name: request.name,
    host: request.host,
    purpose: request.purpose,
    shared: choices.map(({ paper, reveal }) => ({
      paper: titleOf(paper),
      claims: reveal.map((name) => claimName(paper.kind, name)),
    })),
    signed: transactions.map(({ procedure, form, fee }) => `${procedure}, ${fee ? money(fee) : t("noFee")}, ${form.slice(0, 16)}…`),
  });
}
