// Tables that sort and filter. Without it they are whole and in the order of the report.
(() => {
  "use strict";
  const RANKS = ["critical", "high", "medium", "low", "info"];
  const EMPTY = "nil";
  const many = new Intl.NumberFormat("en-GB");
  const key = (cell, kind) => {
    if (!cell || cell.classList.contains(EMPTY)) return null;
    const text = cell.textContent;
    if (kind === "number") return Number(text);
    if (kind === "severity") return RANKS.includes(text) ? RANKS.indexOf(text) : RANKS.length;
    return text;
  };
  const words = new Intl.Collator("en", { numeric: true });
  const compare = (a, b) => (typeof a === "number" ? a - b : words.compare(a, b));
  const fold = (text) => text.normalize("NFC").toLowerCase();

  for (const part of document.querySelectorAll("[data-rows]")) {
    const table = part.querySelector("table");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const tools = part.querySelector(".tools");
    const input = tools.querySelector("input");
    const said = tools.querySelector("[role=status]");
    const whole = Number(part.dataset.rows);
    let texts = null;

    const count = () => {
      const shown = rows.filter((row) => !row.hidden).length;
      const left = whole - rows.length;
      const elsewhere = left > 0 ? `; ${many.format(left)} more are not on this page` : "";
      said.textContent = `${many.format(shown)} of ${many.format(rows.length)} rows shown${elsewhere}`;
    };
    input.addEventListener("input", () => {
      texts ??= rows.map((row) => fold([...row.cells].map((cell) => cell.textContent).join("\n")));
      const wanted = fold(input.value).split(/\s+/).filter(Boolean);
      rows.forEach((row, at) => {
        row.hidden = !wanted.every((word) => texts[at].includes(word));
      });
      count();
    });
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        let sorted = rows;
        if (next) {
          head.setAttribute("aria-sort", next);
          const turn = next === "ascending" ? 1 : -1;
          const keyed = rows.map((row) => [key(row.cells[at], head.dataset.kind), row]);
          // What has no value stands last, whichever way.
          keyed.sort(([a], [b]) =>
            a === null || b === null ? (a === null) - (b === null) : turn * compare(a, b));
          sorted = keyed.map(([, row]) => row);
        }
        body.append(...sorted);
      });
    });
    tools.hidden = false;
    count();
  }

  // What is folded away is printed too.
  const folded = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = folded();
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
})();
