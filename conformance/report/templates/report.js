"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  let parsed = null;
  const data = () => (parsed ??= JSON.parse($("payload").textContent));
  const text = (number) => data().texts[number];

  // Every node is made here and every text set as text: nothing of a spec or an engine is parsed as markup.
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === false || value == null) continue;
      if (name === "onclick") node.addEventListener("click", value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child != null && child !== false));
    return node;
  }
  const LONG = 240;
  // Long texts are folded: the beginning, or what is around a difference, then everything on demand.
  function code(content, from = 0, to = from) {
    if (content.length <= LONG) return el("code", null, content.slice(0, from), to > from && el("mark", null, content.slice(from, to)), content.slice(to));
    const start = Math.max(0, from - 80), end = Math.min(to, start + LONG);
    const shown = el("code", null, start ? "…" : "", content.slice(start, from), end > from && el("mark", null, content.slice(from, end)), content.slice(Math.max(end, from), start + LONG), "…");
    return el("details", { class: "long-text" }, el("summary", { title: `${content.length.toLocaleString("en")} characters` }, shown), el("code", null, content));
  }

  // --- targets as sets -------------------------------------------------------------------------------
  const members = (mask) => data().targets.filter((_, bit) => mask & (1 << bit));
  function who(mask, present) {
    if (mask === present) {
      const count = members(mask).length;
      return count === 1 ? members(mask)[0] : count === 2 ? "both targets" : `all ${count} targets`;
    }
    return members(mask).join(", ");
  }
  // The behaviour specified is torch's: what torch shows comes first, then what most targets show.
  const weight = (mask) => members(mask).reduce((sum, name) => sum + (name.startsWith("torch:") ? 100 : 1), 0);
  const union = (groups) => groups.reduce((mask, group) => mask | group[0], 0);

  // --- texts -----------------------------------------------------------------------------------------
  // The part of `seen` that differs from `wanted`, marked; the tensor(...) around data is no difference.
  function marked(seen, wanted) {
    const wrapped = seen.startsWith("tensor(") && !wanted.startsWith("tensor(") ? 7 : 0;
    const body = seen.slice(wrapped, wrapped ? seen.length - 1 : seen.length);
    let head = 0, tail = 0;
    const most = Math.min(body.length, wanted.length);
    while (head < most && body[head] === wanted[head]) head++;
    while (tail < most - head && body[body.length - 1 - tail] === wanted[wanted.length - 1 - tail]) tail++;
    if (head === body.length || (!head && !tail)) return code(seen);
    return code(seen, wrapped + head, wrapped + body.length - tail);
  }
  const shellWord = (word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

  // --- a case's section ------------------------------------------------------------------------------
  function build(item) {
    const first = item.differences[0];
    const link = `#${rowOf(item).id}`;
    const article = el("article", { "aria-label": item.title },
      el("div", { class: "title-row" },
        el("code", { class: "id" }, item.id),
        el("span", null,
          el("a", { href: link, class: "permalink" }, "Permalink"), " ",
          copyButton("Copy id", item.id))),
      standings(item),
      first && callout(item, first),
      cited(item),
      el("div", { class: "split" },
        el("div", { class: "program" }, el("h4", null, "Program ", el("span", { class: "sub" }, `${data().files[item.file].shown}:${item.line}`)), listing(item)),
        el("div", null, el("h4", null, "Expected and observed"), steps(item))),
      el("h4", null, "Reproduce"),
      commands(item));
    const spot = article.querySelector(".candidate");
    if (spot) { spot.classList.add("first-difference"); spot.id = `first/${item.id}`; }
    else article.querySelector(".jump")?.remove();
    return article;
  }

  function standings(item) {
    const d = data();
    return el("ul", { class: "standings" }, item.results.map((result, bit) => {
      if (!result) return el("li", null, code(d.targets[bit]), " ", el("span", { class: "absent" }, "no result"));
      const [outcome, expectedness, reason, waiver, micros] = result;
      const name = d.outcomes[outcome], kind = d.expectedness[expectedness];
      const shade = kind === "unexpected" || kind === "stale-waiver" ? "bad" : kind === "waived" ? "waived" : name === "pass" ? "good" : "absent";
      return el("li", null, code(d.targets[bit]), " ",
        el("span", { class: `outcome ${shade}` }, kind === "expected" ? name : `${name}, ${kind.replace("-", " ")}`),
        reason >= 0 && el("span", null, ` ${text(reason)}`),
        waiver >= 0 && el("span", { class: "sub" }, ` waiver: ${text(waiver)}`),
        el("span", { class: "sub" }, micros >= 1000 ? ` ${(micros / 1000).toFixed(1)} ms` : micros ? ` ${micros} µs` : ""));
    }));
  }

  function callout(item, [step, against, what, alone, note]) {
    return el("p", { class: "callout" },
      el("strong", null, "First difference: "), step ? `step ${step}, ` : "given, ", code(text(what)), ". ",
      text(alone), " stands alone. ", note >= 0 && el("span", { class: "sub" }, text(note)),
      el("button", { type: "button", class: "quiet jump", onclick: () => jump(item) }, "Go to it"));
  }
  function jump(item) {
    const spot = $(`first/${item.id}`);
    if (!spot) return;
    spot.closest("details")?.setAttribute("open", "");
    spot.scrollIntoView({ block: "center" });
    spot.setAttribute("tabindex", "-1");
    spot.focus({ preventScroll: true });
  }

  function cited(item) {
    const known = data().claims;
    return el("ul", { class: "cited" },
      item.docs.length > 0 && el("li", null, el("span", { class: "sub" }, "Documents "), item.docs.flatMap((doc, n) => [n ? ", " : "", code(doc)])),
      item.claims.map((claim) => {
        const [verdict, sentence, why] = known[claim] ?? ["unknown", "", ""];
        return el("li", null,
          known[claim] ? el("a", { href: `#claim/${claim}` }, code(claim)) : code(claim), " ",
          el("span", { class: `verdict ${verdict}` }, verdict), sentence,
          why && el("span", { class: "sub why" }, why));
      }));
  }

  function listing(item) {
    const lines = data().files[item.file].lines;
    const state = new Map();
    for (const [, line, , groups] of item.checks) {
      const ok = groups.every((group) => group[3]);
      state.set(line, state.get(line) !== false && ok);
    }
    const box = el("div", { class: "listing", role: "region", "aria-label": "Program with line numbers", tabindex: "0" });
    item.lines.forEach(([from, to], n) => {
      if (n || from > 1) box.append(el("div", { class: "gap", "aria-hidden": "true" }, el("span", { class: "n" }, "⋮"), el("span", { class: "m" }), el("span", { class: "t" })));
      for (let number = from; number <= to; number++) {
        const verdict = state.get(number);
        const row = el("div", { class: verdict === undefined ? "" : verdict ? "ok" : "miss" },
          el("span", { class: "n" }, String(number)),
          el("span", { class: "m", title: verdict === undefined ? false : verdict ? "holds on every target" : "missed" }, verdict === undefined ? "" : verdict ? "✓" : "✗"),
          el("span", { class: "t" }, tinted(lines[number - 1] ?? "")));
        box.append(row);
      }
    });
    if (!item.lines.length) box.append(el("div", null, el("span", { class: "t" }, "  The spec text is not in the results file.")));
    return box;
  }
  function tinted(line) {
    const comment = line.match(/^(\s*)(#.*)$/);
    if (comment) return [comment[1], el("span", { class: "c" }, comment[2])];
    const key = line.match(/^(\s*(?:- )*)([^\s#'"{[&*!|>%@`-][^:#]*|"[^"]*"|'[^']*')(:)(?=\s|$)(.*)$/);
    return key ? [key[1], el("span", { class: "k" }, key[2] + key[3]), key[4]] : [line || " "];
  }

  function steps(item) {
    const count = Math.max(item.seen.length, item.code.length, ...item.checks.map((check) => check[0]), 0);
    const box = el("div");
    const given = item.checks.filter((check) => check[0] === 0);
    if (given.length) box.append(el("section", { class: "step" }, el("h4", null, "Given"), checks(item, given)));
    for (let step = 1; step <= count; step++) {
      const [line, run] = item.code[step - 1] ?? [];
      const mine = item.checks.filter((check) => check[0] === step);
      const seen = item.seen[step - 1] ?? [];
      box.append(el("section", { class: "step" },
        el("h4", null, `Step ${step} `, line && el("span", { class: "sub" }, `line ${line}`)),
        run !== undefined && el("pre", null, code(text(run).trimEnd())),
        mine.length > 0 && checks(item, mine),
        events(mine, seen),
        states(item, step, seen)));
    }
    if (!count) box.append(el("p", { class: "sub" }, "Nothing was observed."));
    return box;
  }

  function checks(item, rows) {
    const [at, against, what] = item.differences[0] ?? [];
    const body = el("tbody");
    for (const [step, line, expression, groups] of rows) {
      const present = union(groups);
      groups.forEach(([mask, expected, observed, ok, note, ulp], n) => {
        const wanted = text(expected), seen = text(observed);
        const candidate = !ok && against === "document" && at === step && what === expression;
        body.append(el("tr", { class: `${ok ? "" : "miss"}${candidate ? " candidate" : ""}` },
          el("td", null, el("span", { class: ok ? "yes" : "no", title: ok ? "holds" : "missed" }, ok ? "✓" : "✗")),
          el("th", { scope: "row" }, n === 0 && code(text(expression)), n === 0 && el("span", { class: "sub" }, line ? ` :${line}` : "")),
          el("td", null, code(wanted)),
          el("td", null, ok ? code(seen) : marked(seen, wanted), note >= 0 && el("span", { class: "note" }, text(note)), ulp ? el("span", { class: "note" }, `${ulp.toLocaleString("en")} ULP apart`) : null),
          el("td", { class: "by" }, who(mask, present))));
      });
    }
    return el("div", { class: "wrap" }, el("table", { class: "checks" },
      el("thead", null, el("tr", null, el("th", { scope: "col" }, el("span", { class: "sr" }, "Verdict")), ["What", "Expected", "Observed", "Where"].map((name) => el("th", { scope: "col" }, name)))), body));
  }

  // Exceptions, warnings and output that no line of the spec speaks of; the others stand among the checks.
  function events(rows, seen) {
    const d = data(), present = union(seen);
    const spoken = new Set(rows.map((row) => text(row[2])));
    const list = el("dl", { class: "events" });
    const add = (name, pick) => {
      const groups = new Map();
      for (const [mask, number] of seen) for (const value of pick(d.steps[number])) if (value >= 0) groups.set(value, (groups.get(value) ?? 0) | mask);
      for (const [value, mask] of groups) list.append(el("dt", null, `${name} on ${who(mask, present)}`), el("dd", null, code(text(value))));
    };
    if (!spoken.has("raises")) add("Raised", (record) => [record[0]]);
    if (!spoken.has("warns")) add("Warned", (record) => record[1]);
    add("Printed", (record) => [record[2]]);
    return list.childElementCount ? list : null;
  }

  const PLAIN = { retains_grad: "False", view_of: "None", device: "" };
  function states(item, step, seen) {
    const d = data();
    const tensors = new Map();
    for (const [mask, number] of seen) {
      const named = d.steps[number][3];
      for (let i = 0; i < named.length; i += 2) {
        const groups = tensors.get(named[i]) ?? new Map();
        groups.set(named[i + 1], (groups.get(named[i + 1]) ?? 0) | mask);
        tensors.set(named[i], groups);
      }
    }
    if (!tensors.size) return null;
    const present = union(seen);
    const odd = [...tensors].filter(([, groups]) => groups.size > 1 || [...groups.values()][0] !== present).map(([name]) => text(name));
    const rows = [...tensors.values()].flatMap((groups) => [...groups.keys()].map((number) => d.states[number]));
    const fields = d.fields.map((name, place) => [name, place]).filter(([name, place]) => !(name in PLAIN) || rows.some((row) => text(row[place]) !== PLAIN[name]));
    const [at, against, what] = item.differences[0] ?? [];
    const suspect = against === "targets" && at === step ? text(what) : "";
    const body = el("tbody");
    for (const [name, groups] of tensors) {
      const sorted = [...groups].sort((a, b) => weight(b[1]) - weight(a[1]));
      const base = d.states[sorted[0][0]];
      // Values that are cut may differ where they are not shown.
      const untold = (number) => suspect.startsWith(text(name)) && d.states[number].every((value, place) => value === base[place]);
      sorted.forEach(([number, mask], n) => body.append(el("tr", null,
        el("th", { scope: "row" }, n === 0 && code(text(name))),
        el("td", { class: `by${n && untold(number) || mask !== present && suspect === `${text(name)} (name)` ? " candidate" : ""}` }, who(mask, present)),
        fields.map(([field, place]) => {
          const value = d.states[number][place], shown = text(value);
          const differs = sorted.length > 1 && (n ? value !== base[place] : sorted.some(([other]) => d.states[other][place] !== value));
          const wanted = suspect === text(name) || suspect.startsWith(`${text(name)} (`) || suspect.startsWith(`${text(name)}.`);
          return el("td", { class: `${differs ? "other" : ""}${shown.length > 40 ? " long" : ""}${differs && wanted && n ? " candidate" : ""}` },
            n && differs ? marked(shown, text(base[place])) : code(field === "device" && shown === "" ? "own" : field === "storage" ? `#${shown}` : shown));
        }))));
    }
    const count = `${tensors.size} tensor${tensors.size === 1 ? "" : "s"}`;
    const same = members(present).length > 1 ? `, the same on ${who(present, present)}` : "";
    return el("details", { open: odd.length > 0 },
      el("summary", null, odd.length ? `State: ${count}; ${odd.join(", ")} ${odd.length === 1 ? "differs" : "differ"} between targets` : `State: ${count}${same}`),
      el("div", { class: "wrap" }, el("table", { class: "states" },
        el("thead", null, el("tr", null, ["tensor", "where", ...fields.map(([name]) => name)].map((name) => el("th", { scope: "col" }, name)))), body)));
  }

  function commands(item) {
    const d = data();
    const bad = item.results.flatMap((result, bit) => (result && ["unexpected", "stale-waiver"].includes(d.expectedness[result[1]]) ? [d.targets[bit]] : []));
    const id = shellWord(item.id);
    const target = bad.length ? bad.map((name) => ` --target ${shellWord(name)}`).join("") : "";
    return el("div", { class: "commands" }, [`torch-conformance run ${id}${target}`, `torch-conformance repro ${id}${bad.length ? ` --target ${shellWord(bad[0])}` : ""}`]
      .map((line) => el("div", null, code(line), copyButton("Copy", line))));
  }
  function copyButton(label, content) {
    const button = el("button", { type: "button", class: "quiet", onclick: async () => {
      try { await navigator.clipboard.writeText(content); button.textContent = "Copied"; } catch { button.textContent = "Select it by hand"; }
      setTimeout(() => { button.textContent = label; }, 1500);
    } }, label);
    return button;
  }

  // --- opening and closing ---------------------------------------------------------------------------
  const rows = all("tr.case");
  const rowOf = (item) => rows[data().cases.indexOf(item)];
  const buttonOf = (row) => row.querySelector(".open");
  const isOpen = (row) => buttonOf(row).getAttribute("aria-expanded") === "true";

  function open(row) {
    if (isOpen(row)) return;
    const item = data().cases[Number(row.dataset.i)];
    const id = `detail-${row.dataset.i}`;
    const detail = el("tr", { class: "detail", id, role: "row" }, el("td", { role: "cell", colspan: String(data().targets.length + 2) }, build(item)));
    row.after(detail);
    row.classList.add("open-row");
    buttonOf(row).setAttribute("aria-expanded", "true");
    buttonOf(row).setAttribute("aria-controls", id);
    history.replaceState(null, "", `#${row.id}`);
  }
  function close(row) {
    if (!isOpen(row)) return;
    row.nextElementSibling.remove();
    row.classList.remove("open-row");
    buttonOf(row).setAttribute("aria-expanded", "false");
    buttonOf(row).removeAttribute("aria-controls");
    if (decodedHash() === row.id) history.replaceState(null, "", "#matrix");
  }
  const decodedHash = () => location.hash.slice(1);

  // What is far away has estimated heights until it is drawn: aim again until nothing moves any more.
  function aim(target, tries = 12) {
    target.scrollIntoView({ block: "start", behavior: "instant" });
    const before = target.getBoundingClientRect().top;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (tries && Math.abs(target.getBoundingClientRect().top - before) > 1) aim(target, tries - 1);
    }));
  }
  function follow() {
    const target = decodedHash() && $(decodedHash());
    const row = decodedHash().startsWith("case/") && target;
    if (!row) { if (target) aim(target); return; }
    if (row.hidden) { form.reset(); apply(); }
    fold(row.closest(".file"), true);
    open(row);
    aim(row);
    buttonOf(row).focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#case/']");
    if (link && link.getAttribute("href") === location.hash) { event.preventDefault(); follow(); }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("open")) { const row = button.closest("tr"); isOpen(row) ? close(row) : open(row); }
    else if (button.classList.contains("fold")) fold(button.closest(".file"), button.getAttribute("aria-expanded") !== "true");
    else if (button.dataset.filterOutcome) {
      form.reset();
      $("by-outcome").value = button.dataset.filterOutcome;
      $("by-target").value = button.dataset.filterTarget;
      apply();
      $("matrix").scrollIntoView();
      $("matrix-title").focus({ preventScroll: true });
    }
  });
  function fold(file, open) {
    file.querySelector(".fold").setAttribute("aria-expanded", String(open));
    file.querySelector("table.cases").hidden = !open;
  }

  // --- filters ---------------------------------------------------------------------------------------
  const form = document.querySelector(".filters");
  const folded = new Map(all(".file").map((file) => [file, file.querySelector(".fold").getAttribute("aria-expanded") === "true"]));
  let index = null;
  function words(number) {
    index ??= data().cases.map((item) => {
      const d = data(), file = d.files[item.file];
      const program = item.lines.flatMap(([from, to]) => file.lines.slice(from - 1, to));
      const said = item.claims.flatMap((claim) => [claim, ...(d.claims[claim] ?? [])]);
      return [item.id, item.title, file.title, file.shown, ...item.docs, ...said, ...program].join("\n").toLowerCase();
    });
    return index[number];
  }
  function apply() {
    const wanted = { outcome: $("by-outcome").value, target: $("by-target").value, level: $("by-level").value, verdict: $("by-verdict").value };
    const terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const filtering = terms.length > 0 || Object.values(wanted).some(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = !filtering || matches(Number(row.dataset.i), wanted, terms);
      if (!fits) close(row);
      row.hidden = !fits;
      shown += fits;
    }
    for (const [file, initially] of folded) {
      const any = all("tr.case", file).some((row) => !row.hidden);
      file.hidden = !any;
      if (filtering ? any : !all("tr.detail", file).length) fold(file, filtering || initially);
    }
    $("nothing").hidden = shown > 0;
    const noun = rows.length === 1 ? "case" : "cases";
    $("shown").textContent = filtering ? `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} ${noun}` : `${rows.length.toLocaleString("en")} ${noun}`;
  }
  function matches(number, wanted, terms) {
    const d = data(), item = d.cases[number];
    if (wanted.level && item.level !== wanted.level) return false;
    if (wanted.verdict && !item.claims.some((claim) => (d.claims[claim]?.[0] ?? "unknown") === wanted.verdict)) return false;
    if (wanted.outcome || wanted.target) {
      const some = item.results.some((result, bit) => {
        if (!result || (wanted.target && d.targets[bit] !== wanted.target)) return false;
        const expectedness = d.expectedness[result[1]];
        if (wanted.outcome === "unexpected") return expectedness === "unexpected" || expectedness === "stale-waiver";
        if (wanted.outcome === "waived") return expectedness === "waived";
        return !wanted.outcome || d.outcomes[result[0]] === wanted.outcome;
      });
      if (!some && !(wanted.outcome === "unexpected" && !wanted.target && item.status === "unexpected")) return false;
    }
    return terms.every((term) => words(number).includes(term));
  }
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());

  // --- keys ------------------------------------------------------------------------------------------
  function move(by) {
    const shown = rows.filter((row) => !row.hidden && row.offsetParent !== null);
    if (!shown.length) return;
    const near = document.activeElement?.closest("tr.detail")?.previousElementSibling ?? document.activeElement?.closest("tr.case");
    const here = shown.indexOf(near);
    const next = shown[here < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(here + by, 0), shown.length - 1)];
    buttonOf(next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const field = event.target.closest("input, select, textarea");
    if (event.key === "Escape") {
      const row = event.target.closest?.("tr.detail")?.previousElementSibling ?? event.target.closest?.("tr.case.open-row");
      if (row) { close(row); buttonOf(row).focus(); }
      else if (field) { form.reset(); field.blur(); }
      else if (rows.some(isOpen)) rows.filter(isOpen).forEach(close);
      else form.reset();
    } else if (field) {
      if (event.key === "Enter" && field.id === "search") { event.preventDefault(); field.blur(); move(1); }
    } else if (event.key === "/") { event.preventDefault(); $("search").focus(); $("search").select(); }
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "u") { $("by-outcome").value = $("by-outcome").value === "unexpected" ? "" : "unexpected"; apply(); }
    else if (event.key === "?") $("keys").showModal();
  });
  $("keys-button").addEventListener("click", () => $("keys").showModal());

  // --- theme -----------------------------------------------------------------------------------------
{% include "theme_button.js" %}
  follow();
  // The browser's own jump to the fragment, on load, takes the focus away again.
  window.addEventListener("load", () => setTimeout(follow));
})();
