/* Shows how a file reads after every change of its mapping; the button does the same. */
(function () {
  "use strict";

  let asked = 0;

  async function look(form) {
    const mine = (asked += 1);
    const said = new FormData(form);
    said.set("do", "look");
    try {
      const answer = await fetch(window.location.href, {
        method: "POST",
        body: said,
        credentials: "same-origin",
      });
      const text = await answer.text();
      if (!answer.ok || mine !== asked) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      const focused = document.activeElement && document.activeElement.id;
      for (const part of document.querySelectorAll("[data-map-part]")) {
        const fresh = page.getElementById(part.id);
        if (fresh) part.replaceChildren(...fresh.childNodes);
      }
      if (focused && document.getElementById(focused)) {
        document.getElementById(focused).focus();
      }
    } catch (error) {
      /* The button still does it. */
    }
  }

  document.addEventListener("change", function (event) {
    const form = event.target.closest("[data-map-columns]");
    if (form) look(form);
  });
})();
