/* Lets the theme run under script-src 'self'.

   Alpine's CSP build reads one expression at a time, over its own data: no globals,
   no sequences, no statements. What the theme says beyond that is said again here.
   tests/admin/test_csp_theme.py holds this list against the theme's templates. */
(function () {
  "use strict";

  const SIDEBAR = "sidebarDesktopOpen";
  const OPENING_TAB = /activeTab:\s*'([^']*)'/;

  const SAID_AGAIN = new Map([
    [
      "activeTab && activeTab !== 'general' ? window.location.pathname + window.location.search + '#' + activeTab : window.location.pathname + window.location.search",
      "$desk.formAddress()",
    ],
    ["openSearchResults = true; currentIndex = 0", "$desk.openSearch()"],
    [
      "openSearchResults = false; if ($refs.searchInput.value === '') { $refs.searchInput.blur() } else { $refs.searchInput.value = '' }",
      "$desk.leaveSearch()",
    ],
    [
      "if (!$event.metaKey && !$event.ctrlKey) selectItem(true, false)",
      "$desk.chooseHere($event, true)",
    ],
    [
      "if (!$event.metaKey && !$event.ctrlKey) selectItem(false, false)",
      "$desk.chooseHere($event, false)",
    ],
    [
      "sidebarDesktopOpen = !sidebarDesktopOpen; localStorage.setItem('sidebarDesktopOpen', sidebarDesktopOpen ? '1' : '0');",
      "sidebarDesktopOpen = !sidebarDesktopOpen",
    ],
    [
      "window.location.href = $el.href + window.location.hash",
      "$desk.follow()",
    ],
  ]);

  /* The body's own data; `tab` is what the page opens with, null without tabs. */
  function page(tab) {
    const kept = localStorage.getItem(SIDEBAR);
    return {
      activeTab: tab === null ? "" : getCurrentTab() || tab,
      sidebarMobileOpen: false,
      sidebarDesktopOpen: kept === null || kept === "1",
      sortRecords: (event) => sortRecords(event),
      moveRecords: (event) => moveRecords(event),
      init() {
        this.$watch(SIDEBAR, (isOpen) =>
          localStorage.setItem(SIDEBAR, isOpen ? "1" : "0"),
        );
      },
    };
  }

  /* What $desk offers to an element. */
  function desk(element) {
    const data = Alpine.$data(element);
    return {
      formAddress() {
        const address = window.location.pathname + window.location.search;
        const hasTab = data.activeTab && data.activeTab !== "general";
        return hasTab ? `${address}#${data.activeTab}` : address;
      },
      openSearch() {
        data.openSearchResults = true;
        data.currentIndex = 0;
      },
      leaveSearch() {
        data.openSearchResults = false;
        if (element.value === "") element.blur();
        else element.value = "";
      },
      chooseHere(event, isKept) {
        if (!event.metaKey && !event.ctrlKey) data.selectItem(isKept, false);
      },
      follow() {
        window.location.href = element.href + window.location.hash;
      },
    };
  }

  function sayBodyAgain(body) {
    const found = OPENING_TAB.exec(body.getAttribute("x-data") || "");
    Alpine.data("deskPage", () => page(found ? found[1] : null));
    body.setAttribute("x-data", "deskPage");
    body.removeAttribute("x-init");
  }

  function sayAgain(element) {
    if (element === document.body) sayBodyAgain(element);
    for (const attribute of element.attributes) {
      const said = SAID_AGAIN.get(attribute.value.trim());
      if (said) attribute.value = said;
    }
  }

  document.addEventListener("alpine:init", function () {
    Alpine.data("theme", (mode) => theme(mode));
    Alpine.data("searchForm", () => searchForm());
    Alpine.data("searchDropdown", () => searchDropdown());
    Alpine.data("searchCommand", () => searchCommand());
    Alpine.magic("desk", desk);
    Alpine.interceptInit(sayAgain);
  });

  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
})();
