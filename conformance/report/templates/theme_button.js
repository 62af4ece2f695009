  const themes = ["system", "light", "dark"];
  const theme = () => document.documentElement.dataset.theme ?? "system";
  const name = () => { document.getElementById("theme").textContent = `Theme: ${theme()}`; };
  document.getElementById("theme").addEventListener("click", () => {
    const next = themes[(themes.indexOf(theme()) + 1) % themes.length];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try { localStorage.setItem("torch-conformance-theme", next); } catch { /* storage may be off */ }
    name();
  });
  name();
