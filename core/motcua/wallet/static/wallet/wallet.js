// The entry of the wallet's page: the address says what the person came for.

import { home, receive, share } from "./screens.js";
import { t } from "./texts.js";
import { actions, button, errorText, h, show } from "./ui.js";

async function start() {
  const root = document.getElementById("wallet");
  const roots = (root.dataset.roots ?? "").split(" ").filter(Boolean);
  const parameters = new URLSearchParams(location.search);
  try {
    if (parameters.has("credential_offer_uri") || parameters.has("credential_offer")) await receive(root, parameters);
    else if (parameters.has("request_uri")) await share(root, parameters, roots);
    else await home(root);
  } catch (error) {
    console.warn(error);
    const back = button(t("back"), () => location.assign(location.pathname), { secondary: true });
    show(root, h("h1", {}, t("notDone")), errorText(error), actions(back));
  }
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
start();
