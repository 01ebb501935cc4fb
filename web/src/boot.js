// Runs before the first paint: the theme and the language that this browser chose last time.
// The names of the two entries are shared with core/theme.ts and i18n/index.ts.
(function () {
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem("lectern.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    var wanted = localStorage.getItem("lectern.locale") || navigator.language || "en";
    var arabic = wanted.slice(0, 2) === "ar";
    root.lang = arabic ? "ar" : "en";
    root.dir = arabic ? "rtl" : "ltr";
  } catch {
    // A browser that forbids storage gets the system's theme and English.
  }
})();
