// The hosted verifier page: asks every two seconds whether the wallet has answered, and shows the page anew.

const EVERY = 2000;
const place = document.getElementById("verifier-wait");

async function look() {
  try {
    const answer = await fetch(place.dataset.state, { headers: { Accept: "application/json" } });
    if (!answer.ok || (await answer.json()).status !== "waiting") return location.reload();
  } catch {
    // The line was lost: the next look may find it again.
  }
  return setTimeout(look, EVERY);
}

if (place) setTimeout(look, EVERY);
