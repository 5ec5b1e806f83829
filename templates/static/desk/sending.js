/* A form is sent once; files on their way show that they are, and for how long. */
(function () {
  "use strict";

  const AGAIN_MS = 5000; /* What answers with a download leaves its page as it is. */

  function hasFile(form) {
    const inputs = [...form.querySelectorAll("input[type=file]")];
    return inputs.some((one) => one.files.length);
  }

  function show(form) {
    const box = document.createElement("div");
    box.className = "dk-sending dk-progress";
    box.setAttribute("role", "status");
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", "Progress");
    const text = document.createElement("p");
    text.className = "dk-note";
    text.textContent = "Being sent and looked into.";
    const seconds = document.createElement("p");
    seconds.className = "dk-note";
    seconds.setAttribute("aria-hidden", "true");
    box.append(bar, text, seconds);
    form.append(box);
    const began = Date.now();
    window.setInterval(function () {
      seconds.textContent = `${Math.round((Date.now() - began) / 1000)} s`;
    }, 1000);
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches(".dk-form[method=post]") || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    if (hasFile(form)) show(form);
    else window.setTimeout(() => delete form.dataset.sent, AGAIN_MS);
  });

  /* Back in the history the page stands as it was left: it may be sent again. */
  window.addEventListener("pageshow", function () {
    for (const box of document.querySelectorAll(".dk-sending")) box.remove();
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
    }
  });
})();
