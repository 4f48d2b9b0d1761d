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
