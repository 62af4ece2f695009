// Runs before the first paint, so that a remembered theme never flashes.
try {
  const theme = localStorage.getItem("torch-conformance-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch (e) { /* storage may be off for local files */ }
document.documentElement.classList.add("js");
