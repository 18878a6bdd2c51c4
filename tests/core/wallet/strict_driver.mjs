// Runs the modules of the browser wallet in node against the house itself, where it holds wallets to the strict profile.
// That profile wants somebody to vouch for a wallet, which nobody does for one in a browser: `vouched` holds what a
// provider would say, one set of headers for each request, and this fetch adds them as a provider's own way out would.

import { readFileSync } from "node:fs";
import { request } from "node:http";

const [folder] = process.argv.slice(2);
const [bytes, issuance, oauth] = await Promise.all(["bytes", "issuance", "oauth"].map((n) => import(`${folder}/${n}.js`)));
const { link, code, client, vouched, roots, now } = JSON.parse(readFileSync(0, "utf8"));
const passed = [];

// Names below .localhost are this machine, whatever its resolver knows.
function send(address, { method = "GET", headers = {}, body } = {}) {
  const to = new URL(address);
  const form = body instanceof URLSearchParams ? { "content-type": "application/x-www-form-urlencoded" } : {};
  const sent = { host: to.host, ...form, ...Object.fromEntries(new Headers(headers)) };
  return new Promise((done, fail) => {
    const asked = request({ host: "127.0.0.1", port: to.port, path: to.pathname, method, headers: sent }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const headers = Object.entries(answer.headers).flatMap(([n, v]) => [v].flat().map((one) => [n, one]));
        const empty = answer.statusCode === 204;
        done(new Response(empty ? null : Buffer.concat(parts), { status: answer.statusCode, headers }));
      });
    });
    asked.on("error", fail);
    asked.end(body?.toString());
  });
}

async function vouchedFetch(address, options = {}) {
  const { pathname } = new URL(address);
  const headers = { ...options.headers, ...(pathname === "/token" ? vouched.shift() : {}) };
  const response = await send(address, { ...options, headers });
  // Refusals, such as the wish for a nonce, are told openly.
  const sealed = response.ok && ["/credential", "/deferred"].includes(pathname);
  if (sealed) passed.push([headers["Content-Type"], response.headers.get("content-type")]);
  if (!vouched.length || pathname !== "/.well-known/oauth-authorization-server") return response;
  return Response.json({ ...(await response.json()), token_endpoint_auth_methods_supported: ["none"] });
}

async function take() {
  const offer = await issuance.openOffer(vouchedFetch, new URL(link).searchParams);
  const grant = { ...(await oauth.redeemCode(vouchedFetch, offer.server, offer.code, code, now)), clientId: client };
  const { papers, waiting, report } = await issuance.takeAll(vouchedFetch, offer, grant, { roots, now });
  for (const one of waiting) await issuance.takeLater(vouchedFetch, one, { roots, now, keep: () => undefined });
  await issuance.notify(vouchedFetch, report, "credential_accepted", now);
  return { papers: papers.map(({ copies, trusted }) => [copies.length, trusted]), waiting: waiting.length, passed };
}

const told = await take().catch((error) => {
  if (!(error instanceof bytes.Refusal)) throw error;
  return { refused: error.code };
});
process.stdout.write(JSON.stringify(told));
