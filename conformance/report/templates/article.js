"use strict";
(() => {
{% include "theme_button.js" %}
  const all = (selector) => [...document.querySelectorAll(selector)];
  const buttons = all(".by-verdict button");
  const choose = (wanted) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.wanted === wanted));
    for (const node of all("[data-verdict]")) {
      node.hidden = wanted !== "" && node.dataset.verdict !== wanted && !(wanted === "unproven" && "unproven" in node.dataset);
    }
    for (const part of all(".part")) part.hidden = ![...part.querySelectorAll(".entry")].some((entry) => !entry.hidden);
    const entries = all(".entry"), shown = entries.filter((entry) => !entry.hidden).length;
    document.getElementById("shown").textContent = `${shown} of ${entries.length} claims`;
  };
  for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.wanted));
  // A permalink wins over a filter that hides what it leads to.
  const follow = () => {
    const entry = location.hash && document.getElementById(location.hash.slice(1))?.closest(".entry");
    if (entry?.hidden) { choose(""); entry.scrollIntoView(); }
  };
  window.addEventListener("hashchange", follow);
})();
