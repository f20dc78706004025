
"use strict";
// Tells each time in the reader's own zone beside UTC, and shows the page's newer self every few
// seconds while someone looks at it. Only the part in <main> is put in place of the old one, parsed
// but never run; a selection is left alone.
(() => {
  const pause = 5000;
  const stale = document.getElementById("stale");
  let answered = new Date();
  let asServed = document.querySelector("main").innerHTML;
  const zone = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short", hourCycle: "h23" };
  function localize() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const then = new Date(time.dateTime);
      if (isNaN(then) || then.getTimezoneOffset() === 0) continue;
      const sameDay = then.getDate() === then.getUTCDate();
      const day = sameDay ? {} : { weekday: "short" };
      time.title = then.toLocaleString();
      if (!time.parentElement.classList.contains("when")) continue;
      const local = document.createElement("small");
      local.className = "local";
      local.textContent = then.toLocaleString(undefined, { ...day, ...zone });
      time.after(local);
    }
  }
  async function fetchPage() {
    const address = location.origin + location.pathname + location.search;
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(pause * 2) });
    if (!answer.ok && answer.status !== 404) throw new Error(`HTTP status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    if (!main) throw new Error("no page");
    return main;
  }
  function show(fresh) {
    if (fresh.innerHTML === asServed || !getSelection().isCollapsed) return;
    asServed = fresh.innerHTML;
    document.querySelector("main").replaceWith(document.adoptNode(fresh));
    localize();
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
  localize();
  setInterval(update, pause);
  document.addEventListener("visibilitychange", update);
})();
