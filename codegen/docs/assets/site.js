// What the pages do beyond being read: search, copying, the colour scheme, and marking where one is. All of it is extra;
// what needs this script is hidden until it runs.
"use strict";

const scheme = document.querySelector(".scheme");
scheme.hidden = false;
scheme.addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = root.dataset.scheme ? root.dataset.scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.scheme = isDark ? "light" : "dark";
  try {
    localStorage.setItem("scheme", root.dataset.scheme);
  } catch {
    // A browser that keeps nothing shows the choice until the page is left.
  }
});

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => void copyFrom(button));
}

async function copyFrom(button) {
  const done = await copy(button.parentElement.querySelector("code").textContent);
  button.textContent = done ? "Copied" : "Not copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are opened from a folder may have no clipboard of the newer kind.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

const box = document.querySelector("#search");
const list = document.querySelector("#results");
let chosen = -1;

box.closest(".search").hidden = false;

// On a narrow screen the names of the protocols have a line that may be longer than the screen.
const here = document.querySelector(".bar nav [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 40;

box.addEventListener("focus", loadIndex, { once: true });
box.addEventListener("input", show);
box.addEventListener("keydown", (event) => {
  const { key } = event;
  if (key === "Escape") close();
  else if (key === "ArrowDown" || key === "ArrowUp") choose(chosen + (key === "ArrowDown" ? 1 : -1));
  else if (key === "Enter") list.children[Math.max(chosen, 0)]?.querySelector("a")?.click();
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  event.preventDefault();
  box.focus();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".search") || event.target.closest("#results a")) close();
});

/** Loaded when somebody wants to search; a script element works from a folder too, where nothing can be fetched. */
function loadIndex() {
  const script = document.createElement("script");
  script.src = "search.js";
  script.addEventListener("load", show);
  document.head.append(script);
}

function show() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 || !window.searchIndex) return close();
  const found = find(words);
  const rows = found.map(({ page, title, entry: [kind, name, text, anchor] }, index) => {
    const link = element("a", {}, element("span", {}, name), element("span", { className: "where" }, `${kind} · ${title}`), element("span", { className: "text" }, text));
    link.href = `${page}#${encodeURIComponent(anchor)}`;
    return element("li", { id: `result-${index}`, role: "option" }, link);
  });
  list.replaceChildren(...(rows.length > 0 ? rows : [element("li", { className: "none" }, "Nothing found")]));
  list.hidden = false;
  box.setAttribute("aria-expanded", "true");
  chosen = -1;
  if (rows.length > 0) choose(0);
}

/** Every word must occur; a name counts more than a text, a whole name most, and this page before the others. */
function find(words) {
  const file = location.pathname.split("/").at(-1);
  const found = [];
  for (const { page, title, entries } of window.searchIndex) {
    for (const [order, entry] of entries.entries()) {
      const [, name, text] = entry.map((part) => part.toLowerCase());
      if (!words.every((word) => name.includes(word) || text.includes(word))) continue;
      const all = words.join(" ");
      const closeness = name === all ? 0 : name.startsWith(all) ? 1 : words.every((word) => name.includes(word)) ? 2 : 3;
      found.push({ page, title, entry, score: closeness * 2 + (page === file ? 0 : 1), order });
    }
  }
  return found.sort((a, b) => a.score - b.score || a.order - b.order).slice(0, 40);
}

function choose(index) {
  const options = [...list.querySelectorAll('[role="option"]')];
  if (options.length === 0) return;
  chosen = (index + options.length) % options.length;
  for (const [each, option] of options.entries()) option.setAttribute("aria-selected", String(each === chosen));
  box.setAttribute("aria-activedescendant", options[chosen].id);
  options[chosen].scrollIntoView({ block: "nearest" });
}

function close() {
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// The table of contents is folded away where it stands above the text, and follows the reader where it stands beside it.
const contents = document.querySelector(".contents");
if (contents) {
  if (matchMedia("(max-width: 64rem)").matches) contents.querySelector("details").open = false;
  const links = new Map([...contents.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const targets = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let current;
  const follow = () => {
    const edge = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 8;
    const passed = targets.filter((target) => target.getBoundingClientRect().top <= edge);
    const link = links.get((passed.at(-1) ?? targets[0])?.id);
    if (!link || link === current) return;
    current?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    current = link;
    const [frame, place] = [contents.getBoundingClientRect(), link.getBoundingClientRect()];
    if (place.top < frame.top + 40 || place.bottom > frame.bottom - 40) contents.scrollTop += place.top - frame.top - frame.height / 3;
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      follow();
    });
  }, { passive: true });
  follow();
}
