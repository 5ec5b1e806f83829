/* Refreshes every progress bar of a page once a second until its job has ended. */
(function () {
  "use strict";

  const EVERY_MS = 1000;
  const SLOW_MS = 5000;

  function show(box, data) {
    box.querySelector("[data-progress-state]").textContent = data.state_words;
    const bar = box.querySelector("progress");
    if (data.percent === null) bar.removeAttribute("value");
    else bar.value = data.percent;
    box.querySelector("[data-progress-text]").textContent = data.text;
    const error = box.querySelector("[data-progress-error]");
    error.textContent = data.error;
    error.hidden = !data.error;
  }

  async function ask(box) {
    let wait = EVERY_MS;
    try {
      const answer = await fetch(box.dataset.progress, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (!answer.ok) return;
      const data = await answer.json();
      show(box, data);
      if (data.is_ended) {
        window.location.reload();
        return;
      }
    } catch (error) {
      wait = SLOW_MS;
    }
    window.setTimeout(ask, wait, box);
  }

  document.addEventListener("DOMContentLoaded", function () {
    for (const box of document.querySelectorAll("[data-progress]:not([data-ended])")) {
      window.setTimeout(ask, EVERY_MS, box);
    }
  });
})();
