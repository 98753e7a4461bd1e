// How positions on one text moved: asks the views, keeps what the reader chose, draws.
import { byId, el, link, scrolling, show, table } from "/elements.js";
import { drawHead, listen, serverNow } from "/feed.js";
import { family, revised, scope, stanceWords, textAddress, WEIGHTS, weight } from "/terms.js";
import { asOfEntry, axis, lanes, marks, silences, steps, versions } from "/timeline.js";
import { drawHeadOf, drawRows, layout, MARKS } from "/timeline_drawing.js";
import { both, clockIn, fullIn, HERE } from "/times.js";
import { AGAIN_MS, NoAnswer, rows } from "/views.js";

const asked = new URLSearchParams(location.search);
const reference = family(asked.get("reference") ?? "");
const page = { head: null, size: 0, found: null, step: null, instant: null, even: null, order: "alphabet", declared: false };
const WIDTH_MIN = 300;
const REST = 0.06; // of the width is kept free after the last act
const MOMENT_MS = 1_000;
const REDRAWN_MS = 10_000;
const NARROW = 12; // pixels
const LANES_WHOLE = 80; // more of them scroll in a box of their own
let fetching = false;
let stale = false;

async function load() {
  if (!page.head || !reference) return;
  if (fetching) {
    stale = true;
    return;
  }
  fetching = true;
  try {
    do {
      stale = false;
      const query = { reference, history: "true" };
      const [texts, positions, silent] = [await rows("texts", query), await rows("positions", query), await rows("silences", query)];
      page.found = { texts, positions, silent, steps: steps(texts, positions, silent) };
      draw();
      await lineage(texts);
    } while (stale);
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof TypeError)) throw error;
    notice(error instanceof NoAnswer ? error.message : "The line to the server is lost: what you see may be old.");
    setTimeout(load, AGAIN_MS);
  } finally {
    fetching = false;
  }
}

/** Where the text comes from and where it went, when it has been in more than one body. */
async function lineage(texts) {
  const from = texts.find((row) => row.lineage)?.lineage;
  const left = texts.find((row) => row.cause === "item.referred.v1");
  if (!from && !left) return;
  const known = await rows("referrals", {});
  const title = (body) => page.head.bodies.find((each) => each.body === body)?.title ?? body;
  const found = [];
  const source = known.find((row) => row.cause_act === from);
  if (source) found.push(el("p", "tally", `Taken up from ${title(source.other)}: `, link(textAddress(source.reference), revised(source.reference, source.revision))));
  const gone = left && known.find((row) => row.direction === "referred" && row.reference === reference && row.body === left.body);
  if (gone) {
    const taken = known.find((row) => row.direction === "taken_up" && row.referral === gone.referral);
    const on = taken ? await rows("texts", { lineage: taken.cause_act }) : [];
    const there = on.length ? [" as ", link(textAddress(on[0].reference), on[0].reference)] : [];
    found.push(el("p", "tally", `Referred to ${title(gone.other)}`, ...(on.length ? [", where it goes on", ...there] : [])));
  }
  show("lineage", found);
}

function notice(words) {
  byId("notice").textContent = words;
  byId("notice").hidden = !words;
}

/** The model of the drawing as of what the reader chose. */
function model(width) {
  const { found, step, head } = page;
  const all = found.steps;
  const at = step === null ? all.length - 1 : step;
  const asOf = at < 0 ? -1 : all[at].index;
  const texts = asOfEntry(found.texts, asOf);
  const shown = versions(texts);
  const silent = asOfEntry(found.silent, asOf);
  const drawn = { steps: all.slice(0, at + 1), versions: shown, silences: silences(silent), marks: marks(texts, silent), even: page.even };
  const members = head.bodies.find((body) => body.body === found.texts[0].body)?.members ?? [];
  drawn.standing = standing(shown.at(-1));
  drawn.lanes = ordered(lanes(asOfEntry(found.positions, asOf), shown, members), drawn.standing);
  return { ...drawn, ...extent(drawn, width), asOf, at };
}

/** What a lane stands for now: positions on older versions are void. */
function standing(newest) {
  return (lane) => {
    const last = lane.segments.at(-1);
    if (!last || last.ended || last.version.text !== newest?.text) return "undeclared";
    return weight(page.head, last.stance);
  };
}

function ordered(found, stands) {
  const members = new Map();
  for (const lane of found) members.set(lane.state, [...(members.get(lane.state) ?? []), lane]);
  let kept = [...members.entries()];
  if (page.declared) kept = kept.filter(([, own]) => own.some((lane) => lane.segments.length));
  const rank = ([, own]) => Math.min(...own.map((lane) => Object.keys(WEIGHTS).indexOf(stands(lane))));
  kept.sort(([one], [other]) => (one < other ? -1 : 1));
  if (page.order === "standing") kept.sort((one, other) => rank(one) - rank(other));
  return kept.flatMap(([, own]) => {
    const paragraphs = own.filter((lane) => lane.scope !== "text").sort((a, b) => Number(a.scope.slice(5)) - Number(b.scope.slice(5)));
    return [...own.filter((lane) => lane.scope === "text"), ...paragraphs];
  });
}

/** From when to when is drawn, where an instant has its place, and up to where anything is known: the edge. */
function extent(drawn, width) {
  const newest = drawn.versions.at(-1);
  const open = newest && ["NEGOTIATING", "UNDER_SILENCE"].includes(newest.status);
  const from = page.found.steps[0].at;
  const deadlines = drawn.silences.flatMap((each) => each.deadlines.map((one) => one.deadline));
  const last = Math.max(page.found.steps.at(-1).at, ...deadlines);
  const rest = last === from ? MOMENT_MS : (last - from) * REST;
  const now = serverNow();
  const known = page.step === null ? (open ? now : Infinity) : page.instant ?? drawn.steps.at(-1)?.at ?? from;
  const until = last + rest;
  const { left, right } = layout(width);
  const stops = [...page.found.steps, ...deadlines.map((at) => ({ at })), ...(known < until ? [{ at: known }] : [])];
  const edgeName = page.step === null ? "now" : "as of";
  return { from, until, edge: Math.min(until, known), edgeName, place: axis(stops, from, until, left, right, page.even) };
}

/** Whether most positions would be too narrow to be seen if time were to scale. */
function crowded(width) {
  const built = model(width);
  const segments = built.lanes.flatMap((lane) => lane.segments).filter((each) => each.until !== null);
  const narrow = segments.filter((each) => built.place(each.until, each.untilIndex) - built.place(each.from, each.index) < NARROW);
  return narrow.length * 3 > segments.length;
}

function draw() {
  const { found, head } = page;
  if (!found || !head) return;
  const known = found.texts.length > 0;
  byId("shown").hidden = !known;
  notice(known ? "" : `No text has the reference ${reference} in this record.`);
  if (!known) return;
  const width = Math.max(WIDTH_MIN, byId("timeline").clientWidth);
  if (page.even === null) {
    page.even = asked.has("spacing") ? asked.get("spacing") === "acts" : crowded(width);
    byId("spacing").value = page.even ? "acts" : "time";
  }
  const built = model(width);
  drawTitle(built);
  const focused = document.activeElement?.closest?.(".segment")?.dataset.index;
  byId("timeline").parentNode.classList.toggle("long", built.lanes.length > LANES_WHOLE);
  byId("timeline").replaceChildren(drawHeadOf(built, width), drawRows(head, built, width));
  roam(focused);
  drawSlider(built);
  drawTables(built);
  drawHead(head, page.size, reference);
}

function drawTitle(built) {
  const newest = built.versions.at(-1);
  byId("title").textContent = newest ? newest.title : page.found.texts[0].title;
  byId("reference").textContent = newest ? revised(newest.reference, newest.revision) : reference;
  const body = page.head.bodies.find((each) => each.body === page.found.texts[0].body)?.title ?? "";
  const status = newest ? { NEGOTIATING: "under negotiation", UNDER_SILENCE: "under silence", AGREED: "agreed", COUNTED: "counted", REFERRED: "referred to another body" }[newest.status] ?? "" : "not circulated yet";
  byId("status").textContent = `${body} · ${status}`;
  const counts = Object.entries(WEIGHTS).map(([kind, { mark, said }]) => {
    const who = new Set(built.lanes.filter((lane) => built.standing(lane) === kind).filter((lane) => kind !== "undeclared" || !declared(built, lane.state)).map((lane) => lane.state));
    return [who.size, `${mark} ${who.size} ${page.head.counts ? { blocks: "no", qualifies: "abstaining", joins: "yes", undeclared: "no vote" }[kind] : said}`];
  });
  show("counts", counts.filter(([count]) => count).map(([, words]) => el("span", "whole", words)));
}

const declared = (built, state) => built.lanes.some((lane) => lane.state === state && built.standing(lane) !== "undeclared");

// Keys: one stop for Tab, then arrows from one position to the next.
function roam(focused) {
  const all = [...document.querySelectorAll(".segment")];
  if (!all.length) return;
  const chosen = all.find((each) => each.dataset.index === focused) ?? all[0];
  chosen.setAttribute("tabindex", "0");
  if (focused) chosen.focus({ preventScroll: true });
}

function go(from, key) {
  const lane = from.parentNode;
  const own = [...lane.querySelectorAll(".segment")];
  const beside = own[own.indexOf(from) + { ArrowRight: 1, ArrowLeft: -1 }[key]];
  if (key === "ArrowRight" || key === "ArrowLeft") return beside;
  const filled = [...document.querySelectorAll(".lane")].filter((each) => each.querySelector(".segment"));
  const next = filled[filled.indexOf(lane) + (key === "ArrowDown" ? 1 : -1)];
  return next?.querySelector(".segment");
}

function tell(segment) {
  const words = segment.getAttribute("aria-label");
  if (byId("reading").textContent !== words) byId("reading").textContent = words;
}

function drawSlider(built) {
  const slider = byId("as-of");
  slider.max = String(page.found.steps.length);
  slider.value = page.step === null ? slider.max : String(built.at + 1);
  const words = page.step === null ? "now" : built.at < 0 ? "before the text was circulated" : `entry ${built.asOf}, ${both(page.instant ?? page.found.steps[built.at].at)}`;
  byId("as-of-said").textContent = words;
  slider.setAttribute("aria-valuetext", words);
  byId("to-now").hidden = page.step === null;
  byId("past").hidden = page.step === null;
}

function drawTables(built) {
  const when = (at) => (HERE === "UTC" ? fullIn("UTC", at) : `${fullIn(HERE, at)} · ${clockIn("UTC", at)} UTC`);
  const segments = built.lanes.flatMap((lane) => lane.segments).sort((a, b) => a.index - b.index);
  const body = segments.map((each) => [
    each.state, stanceWords(page.head, each.stance), each.prior === "UNDECLARED" ? "" : stanceWords(page.head, each.prior),
    scope(each.scope), revised(each.version.reference, each.version.revision), String(each.index), when(each.from),
    each.ended ? `${{ moved: "moved", revised: "void by revision", referred: "text referred" }[each.ended]}, entry ${each.untilIndex}` : "holds",
  ]);
  const heads = ["Member", "Position", "Before", "On", "Version", "Entry", "Received", "Until"];
  byId("positions-said").textContent = `Positions as a table (${segments.length})`;
  show("positions-table", [scrolling("Positions as a table", table(`Positions on ${reference}`, heads, body))]);
  const events = built.marks.map((mark) => [String(mark.index), when(mark.at), `${MARKS[mark.kind]} ${mark.words}`]);
  show("marks-table", [scrolling("What happened to the text", table(`What happened to ${reference}`, ["Entry", "Received", "What"], events))]);
}

function drawLegend() {
  const names = page.head.counts ? { blocks: "no", qualifies: "abstain", joins: "yes", undeclared: "no vote yet" } : Object.fromEntries(Object.entries(WEIGHTS).map(([kind, { said }]) => [kind, said]));
  show("legend", ["joins", "qualifies", "blocks", "undeclared"].map((kind) => el("li", `key ${kind}`, el("span", "swatch", WEIGHTS[kind].mark), names[kind])));
}

function choose(step, instant = null) {
  Object.assign(page, { step, instant });
  draw();
}

/** The latest texts: to choose from, and on a page without a text as a list. */
function offer(texts) {
  show("known", texts.map((text) => { const made = el("option", "", text.title); made.value = family(text.reference); return made; }));
  if (!reference) show("texts", texts.map((text) => el("li", "", link(textAddress(text.reference), text.reference), ` ${text.title}`)));
}

/** What the reader can do. */
function attend() {
  byId("as-of").addEventListener("input", (event) => {
    const value = Number(event.target.value);
    choose(value > page.found.steps.length - 1 && value === Number(event.target.max) ? null : value - 1);
  });
  byId("to-now").addEventListener("click", () => choose(null));
  byId("instant").addEventListener("change", (event) => {
    const at = Date.parse(`${event.target.value}${event.target.value.length === 16 ? ":00" : ""}Z`);
    if (!Number.isNaN(at) && page.found) choose(page.found.steps.findLastIndex((step) => step.at <= at + 999), at);
  });
  byId("spacing").addEventListener("change", (event) => { page.even = event.target.value === "acts"; draw(); });
  byId("order").addEventListener("change", (event) => { page.order = event.target.value; draw(); });
  byId("declared").addEventListener("change", (event) => { page.declared = event.target.checked; draw(); });
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(textAddress(byId("find-reference").value.trim()));
  });
  const timeline = byId("timeline");
  for (const kind of ["pointerover", "focusin"]) {
    timeline.addEventListener(kind, (event) => { const at = event.target.closest(".segment"); if (at) tell(at); });
  }
  timeline.addEventListener("keydown", (event) => {
    const from = event.target.closest(".segment");
    if (!from || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const next = go(from, event.key);
    if (!next) return;
    from.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(byId("timeline").parentNode);
}

byId("find-reference").value = reference;
// The line of now moves on, also where nothing is recorded; not under the hands of whoever goes through the positions.
setInterval(() => {
  if (page.step === null && !byId("timeline").contains(document.activeElement)) draw();
}, REDRAWN_MS);
if (!reference) notice("Name a text by its reference, or choose one of the latest.");
attend();
listen((update) => {
  page.size = update.size;
  if ("head" in update) {
    page.head = update.head;
    if (page.head) drawLegend();
  }
  if ("texts" in update) offer(update.texts);
  drawHead(page.head, page.size, reference);
  if ("head" in update || "texts" in update || "silences" in update) load();
});
