// Receiving: look at the offer, with a transaction code or by signing in at the issuer, check, store.

import { randomText } from "./bytes.js";
import { kindCard, kindOf, preview, senderOf } from "./claims.js";
import { fetcher, ownAddress, roots, seconds, visit } from "./here.js";
import { notify, openIssuer, openOffer, takeAll, takeOffer } from "./issuance.js";
import { remember } from "./later.js";
import { leave } from "./leaving.js";
import { beginSignIn, finishSignIn } from "./oauth.js";
import { addPapers, forgetWaiting, keepFlow, takeFlow } from "./storage.js";
import { t } from "./texts.js";
import { actions, button, field, h, notice, show, showWorking } from "./ui.js";

/** Show what is offered: `/?credential_offer_uri=…`. */
export async function receive(root, parameters) {
  showWorking(root);
  const offer = await openOffer(fetcher, parameters);
  const code = offer.txCode ? codeField(offer.txCode) : null;
  const take = async () => {
    const options = { roots: roots(), now: seconds() };
    await taken(root, await takeOffer(fetcher, offer, code?.input.value.trim(), options));
  };
  const signIn = async () => {
    const { address, flow } = await beginSignIn(fetcher, offer, ownAddress(), seconds());
    await keepFlow(flow);
    location.assign(address);
  };
  show(
    root,
    h("h1", {}, t("receiveTitle")),
    h("p", { class: "lead" }, t("offeredBy", senderOf(offer.issuer))),
    offer.kinds.map(kindCard),
    offer.signIn ? h("p", {}, t("signInFirst", senderOf(offer.issuer))) : null,
    code?.box,
    actions(
      offer.signIn ? button(t("signIn"), signIn) : button(t("take"), take),
      button(t("cancel"), () => leave(root, t("discarded")), { secondary: true }),
    ),
    softwareKeys(),
  );
  code?.input.addEventListener("keydown", ({ key }) => key === "Enter" && root.querySelector(".actions .button").click());
}

/** The browser is back from the issuer's page: `/?code=…&state=…&iss=…`. */
export async function signedIn(root, parameters) {
  showWorking(root);
  const now = seconds();
  const flow = await takeFlow(parameters.get("state"), now);
  // Nothing of the answer stays in the address: going back or reloading does not send it again.
  history.replaceState(null, "", "/");
  if (flow && parameters.get("error") === "access_denied") return leave(root, t("discarded"));
  const grant = await finishSignIn(fetcher, flow, parameters, now);
  const { issuer, kinds } = await openIssuer(fetcher, flow.issuer, flow.kinds);
  return taken(root, await takeAll(fetcher, { issuer, kinds }, grant, { roots: roots(), now }));
}

async function taken(root, { papers, waiting, report }) {
  for (const one of waiting) await remember(one, randomText());
  if (papers.length) confirmStore(root, papers, report, null);
  else await leave(root, t("willCome"));
}

/** Show what came and was verified; stored is only what the person wants. */
export function confirmStore(root, papers, report, waitingId) {
  const { name } = senderOf(report.issuer);
  const kept = papers.map((paper) => ({
    id: randomText(),
    copies: paper.copies.map(({ credential, key }) => ({ credential, key, seenBy: [] })),
    content: paper.content,
    kind: kindOf(paper.kind),
    grant: paper.grant,
    trusted: paper.trusted,
    issuerName: name,
    receivedAt: seconds(),
  }));
  const end = async (event, message) => {
    // The paper is here, or is not wanted: that the issuer cannot be told changes nothing of it.
    await notify(fetcher, report, event, seconds()).catch(console.warn);
    if (waitingId) await forgetWaiting(waitingId);
    await leave(root, message, visit() ? null : backTo(report.issuer));
  };
  const store = async () => {
    await addPapers(kept);
    await end("credential_accepted", t(visit() ? "storedForVisit" : "stored"));
  };
  const trusted = kept.every((paper) => paper.trusted);
  show(
    root,
    h("h1", {}, t("checkTitle")),
    notice(t(trusted ? "verified" : "unknownIssuer"), trusted ? "ok" : "warn"),
    kept.map(preview),
    actions(
      button(t(visit() ? "useForVisit" : "store"), store),
      button(t("discard"), () => end("credential_deleted", t("discarded")), { secondary: true }),
    ),
    softwareKeys(),
  );
}

/** The page of the issuer, where the person most likely came from. */
const backTo = (issuer) => ({ name: senderOf(issuer).name, href: new URL(issuer.credential_issuer).origin });

const softwareKeys = () => h("p", { class: "soft small" }, t("softwareKeys"));

function codeField({ length, input_mode: mode, description }) {
  const help = typeof description === "string" ? description : t("txCodeHelp", { length: length ?? "" });
  return field("tx_code", t("txCode"), help, {
    required: true,
    autocomplete: "one-time-code",
    inputmode: mode === "text" ? "text" : "numeric",
    maxlength: length,
  });
}
