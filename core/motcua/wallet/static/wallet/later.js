// Papers that are not decided yet: asked for again at the issuer's pace, over closed pages and days.

import { kindOf, senderOf } from "./claims.js";
import { fetcher, roots, seconds } from "./here.js";
import { takeLater } from "./issuance.js";
import { forgetWaiting, keepWaiting, waitingOf } from "./storage.js";
import { moment, named, t } from "./texts.js";
import { askTwice, button, errorText, h } from "./ui.js";
import { confirmStore } from "./receive.js";

// What will not come any more, in the words of the issuer.
const OVER = new Set(["credential_request_denied", "invalid_transaction_id", "invalid_grant", "invalid_token"]);
const AGAIN = 30;

/** Keep what an issuer has not ready. */
export async function remember(waiting, id) {
  const { name, host } = senderOf(waiting.issuer);
  await keepWaiting({ ...waiting, id, kind: kindOf(waiting.kind), issuerName: name, host, since: seconds(), error: null });
}

/** The card of a paper that is awaited; it asks by itself while it is on the screen. */
export function awaited(waiting, root, again) {
  const line = h("p", { role: "status" });
  const buttons = h("div", { class: "actions" });
  const card = h(
    "article",
    { class: "card awaited" },
    h("h2", {}, named(waiting.kind.display, waiting.kind.vct)),
    h("p", { class: "soft" }, `${waiting.issuerName} (${waiting.host})`),
    line,
    buttons,
    askTwice(t("stopWaiting"), t("confirmStop"), async () => {
      await forgetWaiting(waiting.id);
      await again();
    }),
  );
  const draw = (now) => {
    if (now.papers) {
      line.textContent = t("arrived");
      buttons.replaceChildren(button(t("look"), () => confirmStore(root, now.papers, now.report, waiting.id)));
    } else if (now.error) {
      line.replaceChildren(errorText({ code: now.error }));
      buttons.replaceChildren();
    } else {
      line.textContent = t("notReadyYet", { when: moment(now.next) });
      buttons.replaceChildren(button(t("askNow"), async () => draw(await askAgain(waiting.id, true)), { secondary: true }));
    }
  };
  draw(waiting);
  if (!waiting.papers && !waiting.error) follow(waiting, card, draw);
  return card;
}

/** Ask when it is time, as long as the card is shown. */
function follow(waiting, card, draw) {
  const wait = Math.max(1, waiting.next - seconds());
  setTimeout(async () => {
    if (!card.isConnected) return;
    const now = await askAgain(waiting.id, false).catch((error) => {
      console.warn(error);
      return { ...waiting, next: seconds() + AGAIN };
    });
    if (!now) return;
    draw(now);
    if (!now.papers && !now.error) follow(now, card, draw);
  }, wait * 1000);
}

/** Ask the issuer once; two windows never do so at the same time. Returns what is known now. */
export function askAgain(id, pressed) {
  return navigator.locks.request(`motcua-waiting-${id}`, async () => {
    let kept = await waitingOf(id);
    if (!kept || kept.papers || kept.error || (!pressed && kept.next > seconds())) return kept;
    const keep = async (grant) => {
      kept = { ...kept, grant };
      await keepWaiting(kept);
    };
    try {
      const { waiting, papers, report } = await takeLater(fetcher, kept, { roots: roots(), now: seconds(), keep });
      kept = papers ? { ...kept, papers, report } : { ...kept, ...waiting };
    } catch (error) {
      if (!OVER.has(error.code)) throw error;
      kept = { ...kept, error: error.code };
    }
    await keepWaiting(kept);
    return kept;
  });
}

