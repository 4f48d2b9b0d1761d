"use strict";
// An inspection over a bad line: what was tapped is kept in the browser until the server has it,
// large files go in parts, and a signature can be drawn. Every page works without this file.
(function () {
  const PART = 512 * 1024;

  function keep(form) {
    const name = "inspection:" + form.dataset.keep;
    const fields = () => Array.from(form.elements).filter((one) => one.name && !/^(csrf|file-)/.test(one.name));
    const saved = JSON.parse(localStorage.getItem(name) || "null");
    if (saved) {
      for (const one of fields()) {
        if (!(one.name in saved)) continue;
        if (one.type === "radio") one.checked = one.value === saved[one.name];
        else one.value = saved[one.name];
      }
    }
    form.addEventListener("input", () => {
      const typed = {};
      for (const one of fields()) if (one.type !== "radio" || one.checked) typed[one.name] = one.value;
      localStorage.setItem(name, JSON.stringify(typed));
    });
    form.addEventListener("submit", () => {
      if (navigator.onLine) localStorage.removeItem(name);
    });
    form.addEventListener("change", (event) => {
      const details = event.target.closest("fieldset")?.querySelector("details");
      if (event.target.type === "radio" && event.target.value === "PROBLEM" && details) details.open = true;
    });
  }

  async function send(form, field) {
    const file = field.files[0];
    const state = field.parentElement.querySelector("[data-state]");
    const token = form.elements.csrfmiddlewaretoken.value;
    const begun = await fetch(form.dataset.uploads, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ size: file.size, check: field.dataset.check }),
    });
    const upload = await begun.json();
    if (!begun.ok) throw new Error(upload.message);
    let at = 0;
    while (at < file.size) {
      const end = Math.min(at + PART, file.size);
      const answer = await fetch(upload.address, {
        method: "PUT",
        headers: { "X-CSRFToken": token, "Content-Range": "bytes " + at + "-" + (end - 1) + "/" + file.size },
        body: file.slice(at, end),
      });
      const said = await answer.json();
      if (!answer.ok && said.received === undefined) throw new Error(said.message);
      at = said.received;
      state.textContent = form.dataset.part + " " + Math.floor((at / file.size) * 100) + "%";
    }
    field.value = "";
  }

  function parts(form) {
    for (const field of form.querySelectorAll("input[type=file]")) {
      field.addEventListener("change", async () => {
        if (!field.files.length) return;
        const state = field.parentElement.querySelector("[data-state]");
        try {
          await send(form, field);
        } catch (problem) {
          state.textContent = problem instanceof TypeError ? form.dataset.broken : problem.message;
        }
      });
    }
  }

  function draw(form) {
    const canvas = form.querySelector("canvas");
    const strokes = [];
    const pen = canvas.getContext("2d");
    form.querySelector("[data-draw]").hidden = false;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [
        Math.round(((event.clientX - box.left) * canvas.width) / box.width),
        Math.round(((event.clientY - box.top) * canvas.height) / box.height),
      ];
    };
    const write = () => { form.elements.drawing.value = strokes.length ? JSON.stringify(strokes) : ""; };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      strokes.push([place(event)]);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!event.buttons || !strokes.length) return;
      const stroke = strokes[strokes.length - 1];
      const from = stroke[stroke.length - 1];
      const to = place(event);
      stroke.push(to);
      pen.lineWidth = 4;
      pen.lineCap = "round";
      pen.strokeStyle = "#14202e";
      pen.beginPath();
      pen.moveTo(from[0], from[1]);
      pen.lineTo(to[0], to[1]);
      pen.stroke();
      write();
    });
    form.querySelector("[data-clear]").addEventListener("click", () => {
      strokes.length = 0;
      pen.clearRect(0, 0, canvas.width, canvas.height);
      write();
    });
  }

  for (const form of document.querySelectorAll("form[data-keep]")) {
    keep(form);
    parts(form);
  }
  for (const form of document.querySelectorAll("form[data-sign]")) draw(form);
})();
