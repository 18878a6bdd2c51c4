// The wallet at a station: for one visit. What it says, and how it ends by itself when nobody is there.

import { visit } from "./here.js";
import { t } from "./texts.js";
import { actions, h } from "./ui.js";

const WARN = 60_000;
const END = 90_000;
const SIGNS = ["pointerdown", "keydown", "touchstart", "input", "wheel"];

/** What a person at a station has to know, and the way out; null in a person's own browser. */
export function visitNotice() {
  if (!visit()) return null;
  return h("div", { class: "card act visit" }, h("p", {}, t("visitSays")), actions(h("a", { class: "button", href: endAddress() }, t("endVisit"))));
}

/** End the visit after a while without a touch; a page out of the history belongs to whoever was here before. */
export function guardVisit() {
  if (!visit()) return;
  let last = Date.now();
  let bar = null;
  const sign = () => {
    last = Date.now();
    bar?.remove();
    bar = null;
  };
  for (const name of SIGNS) document.addEventListener(name, sign, { passive: true, capture: true });
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  setInterval(() => {
    const quiet = Date.now() - last;
    if (quiet >= END) location.replace(endAddress());
    else if (quiet >= WARN && !bar) {
      bar = h("div", { class: "idle-warning", role: "alert" }, h("p", {}, t("stillThere")), h("button", { type: "button", class: "button" }, t("iAmHere")));
      document.body.append(bar);
    }
  }, 500);
}

const endAddress = () => document.getElementById("wallet").dataset.end;
