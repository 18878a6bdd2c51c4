// The entry of the wallet's page: the address says what the person came for.

import { visit } from "./here.js";
import { home } from "./home.js";
import { purposeOf } from "./links.js";
import { receive, signedIn } from "./receive.js";
import { scan } from "./scan.js";
import { share } from "./share.js";
import { showPaper } from "./show.js";
import { useStore } from "./storage.js";
import { t } from "./texts.js";
import { actions, button, errorText, h, show } from "./ui.js";
import { guardVisit } from "./visit.js";

const root = document.getElementById("wallet");
const WAYS = { offer: receive, request: share, answer: signedIn };

/** Do some work; a failure is a screen of its own. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    console.warn(error);
    const back = button(t("back"), () => location.assign("/"), { secondary: true });
    show(root, h("h1", {}, t("notDone")), errorText(error), actions(back));
  }
}

function open(parameters) {
  const way = WAYS[purposeOf(parameters)];
  return way ? way(root, parameters) : here();
}

/** What stands behind the `#`: a paper that is shown, the camera, or the list. */
function here() {
  const [name, value] = location.hash.slice(1).split("=");
  if (name === "show") return showPaper(root, value);
  if (name === "scan") return scan(root, (parameters) => attempt(() => brought(parameters)));
  return home(root);
}

/** What was scanned or pasted stands in no address: going back shows the list. */
function brought(parameters) {
  history.replaceState(null, "", "/");
  return open(parameters);
}

/** The other language keeps the offer or request that the address holds. */
function keepAddress() {
  for (const link of document.querySelectorAll("a[hreflang]")) {
    const parameters = new URLSearchParams(location.search);
    parameters.set("lang", link.hreflang);
    link.search = parameters;
  }
}

keepAddress();
guardVisit();
addEventListener("hashchange", () => attempt(here));
await attempt(async () => {
  await useStore(visit());
  await open(new URLSearchParams(location.search));
});
// At a station nothing is kept, the page included.
if (!visit()) await navigator.serviceWorker?.register("/wallet/worker.js", { scope: "/" }).catch(console.warn);
