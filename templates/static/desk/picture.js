/* Copies or saves a drawn story as a picture, with one click: agents answer in other
   systems, and those take PNG. */
(function () {
  "use strict";

  const SCALE = 2;

  async function drawn(image) {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  function save(blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "story.png";
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-picture]");
    if (!button) return;
    const told = button.parentElement.querySelector("[data-copied]");
    const image = document.getElementById(button.dataset.of);
    try {
      if (button.dataset.picture === "save") {
        save(await drawn(image));
        told.textContent = "Saved.";
      } else {
        const item = new ClipboardItem({ "image/png": drawn(image) });
        await navigator.clipboard.write([item]);
        told.textContent = "Copied.";
      }
    } catch {
      told.textContent = "This browser does not let a page do that: save the SVG.";
    }
  });
})();
