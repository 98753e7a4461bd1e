// Making nodes. Whatever comes from the record is written as text and never read as markup.
const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element with a class and children; strings become text nodes. */
export function el(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function cell(kind, className, text, scope) {
  const made = el(kind, className, text);
  if (scope) made.scope = scope;
  return made;
}

export function link(address, text, className = "") {
  const made = el("a", className, text);
  made.href = address;
  return made;
}

/** An element of a drawing with attributes and children; strings become text nodes. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Put in place what was built, and keep the old nodes where nothing differs, so that nothing flickers or loses focus. */
export function show(id, nodes) {
  const place = byId(id);
  const old = [...place.children];
  if (old.length === nodes.length && old.every((node, at) => node.isEqualNode(nodes[at]))) return;
  place.replaceChildren(...nodes);
}

/** A table from plain rows; the first cell of each row is its head. */
export function table(caption, heads, rows) {
  const made = el("table", "", el("caption", "unseen", caption));
  made.append(el("thead", "", el("tr", "", ...heads.map((name) => cell("th", "", name, "col")))));
  made.append(el("tbody", "", ...rows.map((row) => el("tr", "",
    ...row.map((text, at) => (at ? cell("td", "", text) : cell("th", "", text, "row")))))));
  return made;
}

/** A box that scrolls, also with the keyboard. */
export function scrolling(label, ...children) {
  const made = el("div", "scroll", ...children);
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
}
