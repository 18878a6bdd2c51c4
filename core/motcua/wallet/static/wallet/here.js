// Where the wallet runs: its clock, its way out, the roots it trusts, and the visit at a station if it is one.

export const seconds = () => Math.floor(Date.now() / 1000);
export const fetcher = (...request) => fetch(...request);

const place = () => document.getElementById("wallet").dataset;

/** The roots that verifiers and issuers are measured by, as base64 DER. */
export const roots = () => (place().roots ?? "").split(" ").filter(Boolean);

/** The name of the visit at a station; null in a person's own browser. */
export const visit = () => place().visit || null;

/** Where the browser comes back from an issuer's page. */
export const ownAddress = () => `${location.origin}/`;
