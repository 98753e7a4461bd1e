// Roll calls: asks the view page after page, keeps what the reader chose, and says of any place who voted what.
import { byId, el, link, show } from "/elements.js";
import { drawHead, listen } from "/feed.js";
import { Picture } from "/picture.js";
import { cast, counts, order, years } from "/roll_calls.js";
import { list, revised, textAddress } from "/terms.js";
import { both } from "/times.js";
import { AGAIN_MS, NoAnswer, rows } from "/views.js";

const ZOOMS = [0, 2, 4, 8, 14, 22]; // pixels for one roll call; 0: all of them in the window
const TALL = { readable: 13, whole: 3 };
const SAID = { y: "yes", n: "no", a: "abstained", "-": "no vote recorded", ".": "not a member then" };
const page = { head: null, size: 0, seen: 0, calls: [], by: new URLSearchParams(location.search).get("order") ?? "similar", busy: false, pinned: false };
const picture = new Picture(byId("picture"), byId("extent"), byId("canvas"));

async function load() {
  if (page.busy || !page.head) return;
  Object.assign(page, { busy: true, calls: [] });
  picture.states = page.head.founders;
  byId("again").hidden = true;
  try {
    await rows("votes", {}, (more, { size }) => {
      page.calls.push(...more);
      page.seen = size;
      if (page.calls.length === more.length) begin();
      else byId("progress").textContent = `${page.calls.length.toLocaleString("en")} roll calls so far`;
    });
    begin();
    say(page.calls.length ? "" : "No vote has been counted in this record.");
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof TypeError)) throw error;
    say(error instanceof NoAnswer ? error.message : "The line to the server is lost: what you see may be old.");
    setTimeout(load, AGAIN_MS);
  } finally {
    page.busy = false;
  }
}

function say(words) {
  byId("notice").textContent = words;
  byId("notice").hidden = !words;
}

/** Draw what is there: the first page already, and the whole at the end. */
function begin() {
  const all = page.calls.length;
  byId("shown").hidden = !all;
  if (!all) return;
  byId("progress").textContent = `${all.toLocaleString("en")} roll calls`;
  for (const id of ["from", "until"]) byId(id).max = String(all);
  const known = years(page.calls).map(({ year }) => year);
  const list = ["all", ...new Set(known)].map((year) => { const made = el("option", "", year === "all" ? "all years" : year); made.value = year; return made; });
  const chosen = byId("year").value;
  show("year", list);
  byId("year").value = list.some((each) => each.value === chosen) ? chosen : "all";
  const kept = new URLSearchParams(location.search);
  range(Number(kept.get("from") ?? 1), Number(kept.get("until") ?? all));
}

/** Show the roll calls from number `first` to number `last`. */
function range(first, last) {
  const all = page.calls.length;
  const from = Math.min(Math.max(1, first || 1), all);
  const until = Math.min(Math.max(from, last || all), all);
  Object.assign(picture, { calls: page.calls, from: from - 1, until });
  byId("from").value = String(from);
  byId("until").value = String(until);
  byId("range-said").textContent = `${page.calls[from - 1].reference} to ${page.calls[until - 1].reference}`;
  sort();
}

function sort() {
  const { states, calls, from, until } = picture;
  const before = picture.at && states[picture.rows[picture.at.row]];
  picture.rows = order(calls, states, from, until, page.by);
  fillOrders(states);
  const row = picture.rows.findIndex((state) => states[state] === before);
  const call = picture.at?.call ?? from;
  picture.at = row >= 0 && call >= from && call < until ? { call, row } : null;
  const shown = until - from;
  const words = `${picture.rows.length} states, ${shown.toLocaleString("en")} roll calls`;
  byId("extent-said").textContent = words;
  byId("canvas").setAttribute("aria-label", `Picture of votes: ${words}. Arrow keys move from one vote to the next, and each is said below.`);
  totals();
  picture.measure();
  tellMixed();
  keep();
}

function totals() {
  const found = counts(page.calls, picture.states, picture.from, picture.until);
  const sum = (letter) => found.reduce((total, each) => total + each[letter], 0);
  const all = sum("votes");
  byId("totals").textContent = `${all.toLocaleString("en")} votes: ${["y", "n", "a"].map((letter) => `${((100 * sum(letter)) / Math.max(1, all)).toFixed(1)} % ${{ y: "yes", n: "no", a: "abstaining" }[letter]}`).join(", ")}`;
}

function fillOrders(states) {
  const option = (value, text) => { const made = el("option", "", text); made.value = value; return made; };
  const named = [...states].sort().map((state) => option(state, `by agreement with ${state}`));
  show("order", [option("similar", "similar votes together"), option("alphabet", "by code"), ...named]);
  byId("order").value = page.by;
}

function tellMixed() {
  const many = picture.step < 1 ? Math.ceil(1 / picture.step) : 1;
  byId("mixed").textContent = many > 1 ? `Up to ${many} roll calls in a row share a column, and their colours are mixed: zoom in or choose a shorter range to see each.` : "";
}

function keep() {
  const kept = new URLSearchParams();
  if (picture.from > 0 || picture.until < page.calls.length) {
    kept.set("from", String(picture.from + 1));
    kept.set("until", String(picture.until));
  }
  if (page.by !== "similar") kept.set("order", page.by);
  if (!page.busy) history.replaceState(null, "", kept.size ? `?${kept}` : location.pathname);
}

/** Say what stands in a place, and who voted what on that roll call. */
function tell(place, pinned) {
  if (page.pinned && !pinned) return;
  picture.at = place;
  picture.paint();
  const call = page.calls[place.call];
  const state = picture.rows[place.row];
  byId("reading").textContent = `${picture.states[state]}: ${SAID[call.votes[state]] ?? ""} on ${revised(call.reference, call.revision)}, ${call.title}`;
  if (pinned) detail(place.call);
}

function detail(at) {
  const call = page.calls[at];
  const votes = cast(call, picture.states);
  // Of those who cast no vote only who is in the picture: many were not there yet, or not any more.
  const inPicture = new Set(picture.rows.map((state) => picture.states[state]));
  votes["-"] = votes["-"].filter((state) => inPicture.has(state));
  byId("detail").hidden = false;
  byId("detail-title").textContent = call.title;
  byId("detail-reference").textContent = `${revised(call.reference, call.revision)} · ${at + 1} of ${page.calls.length}`;
  const counted = `${call.yes} yes, ${call.no} no, ${call.abstain} abstaining. Counted in entry ${call.from_index}, recorded ${both(Date.parse(call.from_at))}. `;
  show("detail-counts", [el("span", "", counted), link(textAddress(call.reference), "How the votes came in")]);
  const kinds = [["y", "Yes"], ["n", "No"], ["a", "Abstained"], ["-", "No vote recorded, of the states shown"], [".", "Not a member then"]].filter(([letter]) => votes[letter].length);
  show("detail-votes", kinds.flatMap(([letter, name]) => [
    el("dt", `vote-${{ y: "yes", n: "no", a: "abstain" }[letter] ?? "none"}`, `${name} (${votes[letter].length})`), el("dd", "", list([...votes[letter]].sort())),
  ]));
  byId("before").disabled = at <= picture.from;
  byId("after").disabled = at >= picture.until - 1;
}

function pin(place) {
  page.pinned = true;
  picture.reveal(place);
  tell(place, true);
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageUp: [0, -10], PageDown: [0, 10] };

function move(event) {
  const at = picture.at ?? { call: picture.from, row: 0 };
  const within = (value, least, most) => Math.min(Math.max(value, least), most);
  if (event.key === "Escape") page.pinned = false;
  const by = MOVES[event.key] ?? { Home: [-Infinity, 0], End: [Infinity, 0] }[event.key];
  if (!by || !picture.rows.length) return;
  event.preventDefault();
  pin({ call: within(at.call + by[0], picture.from, picture.until - 1), row: within(at.row + by[1], 0, picture.rows.length - 1) });
}

function zoom(by) {
  const next = ZOOMS.indexOf(picture.zoom) + by;
  picture.zoom = by ? ZOOMS[Math.min(Math.max(0, next), ZOOMS.length - 1)] : 0;
  while (by > 0 && picture.zoom && picture.zoom < picture.wide / (picture.until - picture.from) && picture.zoom < ZOOMS.at(-1)) picture.zoom = ZOOMS[ZOOMS.indexOf(picture.zoom) + 1];
  byId("zoom-out").disabled = byId("zoom-fit").disabled = !picture.zoom;
  byId("zoom-in").disabled = picture.zoom === ZOOMS.at(-1);
  picture.measure();
  if (picture.at) picture.reveal(picture.at);
  tellMixed();
}

function attend() {
  const box = byId("picture");
  box.addEventListener("pointermove", (event) => { const place = picture.under(event.clientX, event.clientY); if (place) tell(place, false); });
  box.addEventListener("click", (event) => {
    const place = picture.under(event.clientX, event.clientY);
    if (place) pin(place);
  });
  box.addEventListener("keydown", move);
  for (const id of ["from", "until"]) byId(id).addEventListener("change", () => { byId("year").value = "all"; range(Number(byId("from").value), Number(byId("until").value)); });
  byId("year").addEventListener("change", (event) => {
    const year = event.target.value;
    const own = page.calls.map((call, at) => [call.reference.includes(`(${year})`), at]).filter(([same]) => same);
    range(own.length ? own[0][1] + 1 : 1, own.length ? own.at(-1)[1] + 1 : page.calls.length);
  });
  byId("order").addEventListener("change", (event) => { page.by = event.target.value; sort(); });
  byId("tall").addEventListener("change", (event) => { picture.tall = TALL[event.target.value]; picture.measure(); });
  byId("zoom-in").addEventListener("click", () => zoom(1));
  byId("zoom-out").addEventListener("click", () => zoom(-1));
  byId("zoom-fit").addEventListener("click", () => zoom(0));
  byId("again").addEventListener("click", load);
  for (const [id, by] of [["before", -1], ["after", 1]]) byId(id).addEventListener("click", () => pin({ call: picture.at.call + by, row: picture.at.row }));
  new ResizeObserver(tellMixed).observe(box);
}

picture.tall = TALL.readable;
attend();
listen((update) => {
  page.size = update.size;
  const first = !page.head;
  if ("head" in update) page.head = update.head;
  drawHead(page.head, page.size, "Roll calls");
  if (first) load();
  else if (page.seen && update.size > page.seen && !page.busy) byId("again").hidden = false;
});
