
"use strict";
// Shows the page's newer self every few seconds while someone looks at it. Only the part in
// <main> is put in place of the old one, parsed but never run; a selection is left alone.
(() => {
  const pause = 5000;
  const stale = document.getElementById("stale");
  let answered = new Date();
  async function fetchPage() {
    const address = location.origin + location.pathname;
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(pause * 2) });
    if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("main");
  }
  function show(fresh) {
    const shown = document.querySelector("main");
    if (fresh.innerHTML !== shown.innerHTML && getSelection().isCollapsed) {
      shown.replaceWith(document.adoptNode(fresh));
    }
  }
  async function update() {
    if (document.hidden) return;
    try {
      show(await fetchPage());
      answered = new Date();
      stale.hidden = true;
    } catch (error) {
      stale.textContent = `No answer since ${answered.toLocaleTimeString()}: what is below is from then.`;
      stale.hidden = false;
    }
  }
  setInterval(update, pause);
  document.addEventListener("visibilitychange", update);
})();
