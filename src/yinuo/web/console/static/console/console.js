"use strict";
// Keys for the list: j and k move, Enter opens, h takes over, n reports, / searches.
(function () {
  const rows = () => Array.from(document.querySelectorAll("[data-row]"));
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    const row = all[Math.min(Math.max(next, 0), all.length - 1)];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function takeOver() {
    const row = document.activeElement.closest(".row");
    const button = row && row.querySelector("[data-take]");
    if (button) button.click();
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    r: () => document.activeElement.matches("[data-row]") && document.activeElement.click(),
    h: takeOver,
    n: () => { window.location.href = "/staff/notices/new"; },
    "/": () => document.getElementById("find").focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form");
      if (form && event.target.matches("textarea")) form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();

// A panel that is being worked out asks for its news until it says that there are none to come.
(function () {
  const PAUSE_MS = 2000;

  async function renew(panel) {
    try {
      const answer = await fetch(panel.dataset.news, { credentials: "same-origin" });
      // Who was logged out in the meantime is led away and would read the login page here.
      if (answer.ok && !answer.redirected) panel.innerHTML = await answer.text();
    } catch {
      // The line is down for a moment; the next try finds out.
    }
    say(panel);
    follow(panel);
  }

  // Read out only what changed: the panel itself holds whole tables in the end.
  function say(panel) {
    const line = panel.querySelector("[data-say]");
    const said = document.getElementById("said");
    if (line && said.textContent !== line.textContent) said.textContent = line.textContent;
  }

  function follow(panel) {
    if (panel.querySelector("[data-more]")) setTimeout(renew, PAUSE_MS, panel);
  }

  document.querySelectorAll("[data-news]").forEach(follow);
})();
