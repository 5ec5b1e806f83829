/* Keeps the theme from writing a chosen file's name into our nearest text field:
   its own form has a field for that name, ours would send it as the venue. */
(function () {
  "use strict";

  document.addEventListener(
    "change",
    function (event) {
      if (event.target.matches(".dk-form input[type=file]")) {
        event.stopPropagation();
      }
    },
    true,
  );
})();
