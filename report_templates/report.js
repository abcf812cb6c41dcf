"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const sections = [...document.querySelectorAll(".requirement")];
  const findings = [...document.querySelectorAll(".finding")];
  const words = new Map();
  const text = (element) => {
    if (!words.has(element)) words.set(element, element.textContent.toLowerCase());
    return words.get(element);
  };
  const rank = { critical: 0, high: 1, medium: 2, low: 3 };
  const filters = ["status", "severity", "account", "region"];

  // A requirement whose own heading matches the search keeps all its findings.
  const heading = (section) => [...section.children].filter((one) => one.matches("header, p, .remedy")).map(text).join(" ");

  function apply() {
    const query = byId("filter-text").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = filters.map((name) => [name, byId(`filter-${name}`).value]).filter(([, value]) => value);
    const has = (words) => query.every((word) => words.includes(word));
    let shown = 0;
    for (const section of sections) {
      const whole = has(heading(section));
      let inside = 0;
      for (const finding of section.querySelectorAll(".finding")) {
        const fits = chosen.every(([name, value]) => finding.dataset[name] === value);
        finding.hidden = !(fits && (whole || has(`${text(section.querySelector("h3"))} ${text(finding)}`)));
        if (!finding.hidden) inside += 1;
      }
      const own = !chosen.some(([name]) => name === "account" || name === "region");
      const bare = own && whole && chosen.every(([name, value]) => section.dataset[name] === value);
      section.hidden = !(inside || bare);
      for (const folded of section.querySelectorAll(".folded")) {
        const any = folded.querySelector(".finding:not([hidden])");
        folded.open = Boolean(any) && (chosen.length > 0 || query.length > 0);
      }
      shown += inside;
    }
    const visible = sections.filter((section) => !section.hidden).length;
    byId("matches").textContent = `${visible} of ${sections.length} requirements, ${shown} of ${findings.length} findings`;
  }

  const orders = {
    "": (section) => [Number(section.dataset.order)],
    status: (section) => [Number(section.dataset.rank), rank[section.dataset.severity]],
    severity: (section) => [rank[section.dataset.severity], Number(section.dataset.rank)],
    fails: (section) => [-Number(section.dataset.fails)],
  };

  function sort() {
    const key = orders[byId("order").value];
    const compare = (one, other) => {
      const [a, b] = [key(one), key(other)];
      const differs = a.findIndex((value, index) => value !== b[index]);
      return differs < 0 ? one.dataset.order - other.dataset.order : a[differs] - b[differs];
    };
    const rows = new Map([...document.querySelectorAll(".matrix tbody tr")].map((row) => [row.dataset.id, row]));
    for (const section of [...sections].sort(compare)) {
      section.parentNode.append(section);
      const row = rows.get(section.id);
      row.parentNode.append(row);
    }
  }

  // A link into something folded or filtered away shows it.
  function reveal() {
    let target = null;
    try { target = byId(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    for (let one = target; one; one = one.parentElement) {
      if (one.hidden) one.hidden = false;
      if (one.tagName === "DETAILS") one.open = true;
    }
    target.scrollIntoView();
  }

  // The address of a requirement or a finding, for whoever is to look at it too.
  for (const link of document.querySelectorAll(".permalink, .requirement .id")) {
    link.addEventListener("click", () => {
      navigator.clipboard?.writeText(link.href).then(() => {
        link.classList.add("copied");
        byId("told").textContent = "Link copied";
        setTimeout(() => { link.classList.remove("copied"); byId("told").textContent = ""; }, 1500);
      }, () => {});
    });
  }

  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")].filter((one) => !one.closest(".folded .finding"));
    for (const one of unfolded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
    unfolded = [];
  });
  addEventListener("hashchange", reveal);

  let waiting = 0;
  byId("filter-text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  for (const name of filters) byId(`filter-${name}`).addEventListener("change", apply);
  byId("order").addEventListener("change", sort);
  byId("reset").addEventListener("click", () => {
    for (const id of ["filter-text", "order", ...filters.map((name) => `filter-${name}`)]) byId(id).value = "";
    sort();
    apply();
    byId("filter-text").focus();
  });
  byId("tools").hidden = false;
  apply();
  reveal();
})();
