// Back to the list, or on to where a verifier sends the person.

import { home } from "./home.js";

/** Show the list with a message; the offer or request leaves the address bar. `from` is where the person came from. */
export async function leave(root, message, from = null) {
  history.replaceState(null, "", "/");
  await home(root, message, from);
}

export async function follow(root, target, message) {
  if (target) location.assign(target);
  else await leave(root, message);
}
