// The read-only page. Whatever comes from the record is written as text and never read as markup.
"use strict";

const SILENT_AFTER_MS = 25_000; // the feed gives the time every ten seconds
const SOON_S = 120;
const OFFSETS_KEPT = 8;
const ANNOUNCED_S = [3600, 1800, 600, 300, 60, 10];

const board = { head: null, channels: [], consultations: [], silences: [], texts: [], acts: [], size: 0 };
const offsets = [];
const announced = new Map();
let heardAt = 0;

const byId = (id) => document.getElementById(id);

/** An element with a class and children; strings become text nodes. */
function el(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function cell(kind, className, text, scope) {
  const made = el(kind, className, text);
  if (scope) made.scope = scope;
  return made;
}

/** Put in place what was built, and keep the old node where nothing differs, so that nothing flickers or loses focus. */
function show(id, nodes) {
  const place = byId(id);
  const old = [...place.children];
  if (old.length === nodes.length && old.every((node, at) => node.isEqualNode(nodes[at]))) return;
  place.replaceChildren(...nodes);
}

// Time. The server's clock decides; ours only counts between two of its words. A late word makes the server look slow,
// so the largest difference lately seen is the truest.
const serverNow = () => Date.now() + (offsets.length ? Math.max(...offsets) : 0);

function hearTime(now) {
  offsets.push(Date.parse(now) - Date.now());
  if (offsets.length > OFFSETS_KEPT) offsets.shift();
  heardAt = performance.now();
}

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const formats = new Map();

function format(zone, options) {
  const key = `${zone}${JSON.stringify(options)}`;
  if (!formats.has(key)) {
    try {
      formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }));
    } catch {
      formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hourCycle: "h23", ...options }));
    }
  }
  return formats.get(key);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const FULL = { weekday: "short", day: "numeric", month: "short", year: "numeric", ...CLOCK, timeZoneName: "short" };
const clockIn = (zone, at) => format(zone, CLOCK).format(at);
const fullIn = (zone, at) => format(zone, FULL).format(at);

function span(seconds) {
  const whole = Math.abs(Math.trunc(seconds));
  const days = Math.floor(whole / 86400);
  const two = (n) => String(n).padStart(2, "0");
  const clock = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return days ? `${days} d ${clock}` : clock;
}

function spoken(seconds) {
  if (seconds >= 3600) return `${Math.round(seconds / 3600)} hour${seconds >= 5400 ? "s" : ""}`;
  if (seconds >= 60) return `${Math.round(seconds / 60)} minute${seconds >= 90 ? "s" : ""}`;
  return `${seconds} seconds`;
}

// Words for values of the record.
const words = (value) => value.toLowerCase().replaceAll("_", " ");
const scope = (value) => (value === "text" ? "whole text" : `paragraph ${value.slice(5)}`);
const list = (states) => states.join(", ");

const RESULTS = {
  yes: ["No objection stands in the way", "good"],
  no: ["No consensus", "bad"],
  indeterminate: ["Not decided yet", "warn"],
};
const STATUSES = { NEGOTIATING: "under negotiation", UNDER_SILENCE: "under silence", AGREED: "agreed", SUPERSEDED: "superseded" };

function drawHead() {
  const head = board.head;
  byId("size").textContent = board.size.toLocaleString("en");
  if (!head) return;
  byId("name").textContent = head.name;
  byId("exercise").hidden = head.purpose !== "exercise";
  byId("standing").textContent = head.in_force
    ? `Charter in force. Record ${head.organisation.slice(0, 12)}.`
    : "The charter is not in force yet: founders are still to accept it.";
  document.title = `${head.purpose === "exercise" ? "EXERCISE · " : ""}${head.name}`;
}

function drawChannels() {
  show("channel-list", board.channels.map((channel) => {
    const level = el("span", "level", channel.level);
    level.dataset.level = channel.level;
    const title = el("span", "title", channel.title);
    return el("li", "channel", el("span", "quiet", "Crisis channel"), title, level);
  }));
}

function drawConsultations() {
  show("consultation-list", board.consultations.map((item) => {
    const status = item.outcome ? `${words(item.status)}: ${words(item.outcome)}` : words(item.status);
    return el("li", "channel", el("span", "quiet", `Consultation under ${item.basis}`), el("span", "title", item.subject),
      el("span", "", `asked by ${list(item.invoking)}`), el("span", "tag", status));
  }));
}

function drawSilences() {
  const cards = board.silences.map((silence) => (silence.status === "RUNNING" ? running(silence) : ended(silence)));
  show("silence-list", cards.length ? cards : [el("p", "empty", "No silence has been set.")]);
  tick();
}

function titled(item, status, kind) {
  const head = el("header", "", el("h3", "", item.title), el("span", "reference", item.reference));
  return status ? [head, el("span", `tag ${kind}`, status)] : [head];
}

function running(silence) {
  const card = el("article", "card silence running", ...titled(silence));
  card.dataset.deadline = silence.deadline;
  card.dataset.silence = silence.silence;
  const count = el("p", "countdown", "--:--:--");
  count.setAttribute("role", "timer");
  count.setAttribute("aria-label", `Time left until the deadline on ${silence.reference}`);
  const at = new Date(silence.deadline);
  card.append(count, el("p", "quiet until", "left for a member to object"));
  const rows = [["As set", silence.shown], ["UTC", fullIn("UTC", at)], ["Your time", fullIn(HERE, at)]];
  card.append(el("dl", "deadline", ...rows.flatMap(([name, text]) => [el("dt", "", name), el("dd", "number", text)])));
  if (silence.jeopardised) {
    card.classList.add("jeopardised");
    card.append(el("p", "said bad", "Deadline in jeopardy: nobody can show that acts were being received. The chair must extend or withdraw."));
  } else {
    card.append(el("p", "said", "Nobody has objected."));
  }
  if (silence.requests.length) card.append(el("p", "quiet", `More time requested by ${list(silence.requests)}. That is not an objection.`));
  return card;
}

function ended(silence) {
  const said = {
    BROKEN: [`Broken by ${list(silence.breakers)}.`, "bad"],
    PASSED: ["Passed: nobody objected in time.", "good"],
    WITHDRAWN: ["Withdrawn by the chair.", ""],
  }[silence.status] || [words(silence.status), ""];
  const card = el("article", "card silence ended", ...titled(silence));
  card.append(el("p", `said ${said[1]}`, said[0]));
  card.append(el("p", "quiet", `Deadline ${silence.shown}, ${fullIn("UTC", new Date(silence.deadline))}`));
  if (silence.late.length) card.append(el("p", "quiet", `Late objection by ${list(silence.late)}: recorded, without effect.`));
  return card;
}

/** Every quarter of a second: write the numbers, change nothing else. */
function tick() {
  const now = serverNow();
  byId("clock").textContent = clockIn("UTC", now);
  for (const card of document.querySelectorAll("[data-deadline]")) {
    const left = (Date.parse(card.dataset.deadline) - now) / 1000;
    card.classList.toggle("soon", left > 0 && left <= SOON_S);
    card.classList.toggle("over", left <= 0);
    card.querySelector(".countdown").textContent = left > 0 ? span(Math.ceil(left)) : `${span(left)} ago`;
    card.querySelector(".until").textContent = left > 0
      ? "left for a member to object"
      : "the deadline has passed; the timekeeper has not yet recorded what follows";
    announce(card.dataset.silence, left, card.querySelector(".reference").textContent);
  }
  drawLine();
}

function announce(silence, left, reference) {
  const before = announced.get(silence) ?? Infinity;
  const crossed = ANNOUNCED_S.findLast((mark) => left <= mark && mark < before && left > 0);
  const passed = left <= 0 && before > 0;
  if (crossed === undefined && !passed) return;
  announced.set(silence, passed ? 0 : crossed);
  byId("announce").textContent = passed
    ? `The deadline on ${reference} has passed.`
    : `Less than ${spoken(crossed)} left on ${reference}.`;
}

function drawTexts() {
  const cards = board.texts.map(text);
  show("text-list", cards.length ? cards : [el("p", "empty", "No text is under negotiation.")]);
}

function text(item) {
  const agreed = item.status === "AGREED";
  const [result, kind] = agreed ? ["Agreed", "good"] : RESULTS[item.result];
  const standing = agreed ? `${item.body} · ` : `${item.body} · ${STATUSES[item.status]} · `;
  const card = el("article", "card", ...titled(item));
  card.append(el("p", "tally", standing, el("span", `tag ${kind}`, result)));
  if (!agreed) card.append(el("p", "tally", tally(item.positions)));
  const declared = item.positions.filter((row) => row.weight !== "undeclared");
  const silent = item.positions.filter((row) => row.weight === "undeclared").map((row) => row.state);
  if (silent.length && !agreed) card.append(el("p", "undeclared", el("span", "quiet", "Undeclared: "), list(silent)));
  if (!declared.length) return card;
  const table = el("table", "play", el("caption", "unseen", `Positions on ${item.reference}`));
  const heads = ["Member", "Position", "Before", "On", "Entry"].map((name) => cell("th", "", name, "col"));
  table.append(el("thead", "", el("tr", "", ...heads)), el("tbody", "", ...declared.map(position)));
  const scroll = el("div", "scroll", table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `Positions on ${item.reference}`);
  card.append(scroll);
  return card;
}

function tally(positions) {
  const names = { blocks: "holding back", undeclared: "undeclared", qualifies: "with a qualification", joins: "can join" };
  const members = Object.keys(names).map((weight) => [
    new Set(positions.filter((row) => row.weight === weight).map((row) => row.state)).size, names[weight],
  ]);
  return members.filter(([count]) => count).map(([count, name]) => `${count} ${name}`).join(" · ");
}

function position(row) {
  const line = el("tr", "", cell("th", "", row.state, "row"));
  line.dataset.weight = row.weight;
  line.append(cell("td", "stance", words(row.stance)));
  line.append(cell("td", "prior", row.prior ? words(row.prior) : ""));
  line.append(cell("td", "", scope(row.scope)));
  line.append(cell("td", "number", row.index === null ? "" : String(row.index)));
  if (row.at) line.title = `${row.state}: ${words(row.stance)}, received ${fullIn("UTC", new Date(row.at))}${row.prior ? `, before: ${words(row.prior)}` : ""}`;
  return line;
}

/** References are never broken across lines. */
function unbroken(sentence) {
  return sentence.split(/([A-Z][A-Z/-]*\(\d{4}\)\d{4}(?:-REV\d+)?)/).map((part, at) => (at % 2 ? el("span", "whole", part) : part));
}

function drawActs() {
  const rows = board.acts.map((act) => {
    const at = act.at ? new Date(act.at) : null;
    const time = el("time", "", at ? clockIn(HERE, at) : "");
    if (at) {
      time.dateTime = act.at;
      time.title = fullIn("UTC", at);
    }
    const effects = act.effects.map((effect) => el("span", "effect", effect));
    return el("tr", "",
      cell("td", "number", String(act.index)),
      el("td", "time", time),
      el("th", "", act.who, el("span", "office", act.office.replaceAll("-", " "))),
      el("td", "", ...unbroken(act.words), ...effects));
  });
  for (const row of rows) row.querySelector("th").scope = "row";
  if (rows.length) show("act-list", rows);
  byId("zone").textContent = `times in ${HERE}`;
}

function drawLine(state) {
  const silent = heardAt && performance.now() - heardAt > SILENT_AFTER_MS;
  const line = byId("line");
  const next = state || (silent ? "lost" : line.dataset.line);
  if (line.dataset.line === next && next !== "waiting") return;
  line.dataset.line = next;
  const said = { live: "Live", lost: "Lost: what you see may be old", waiting: "Connecting" }[next];
  if (line.textContent !== said) line.textContent = said;
}

const DRAW = { head: drawHead, channels: drawChannels, consultations: drawConsultations, silences: drawSilences, texts: drawTexts, acts: drawActs };

function listen() {
  const feed = new EventSource("/v1/board");
  feed.addEventListener("open", () => drawLine("live"));
  feed.addEventListener("error", () => drawLine("lost"));
  feed.addEventListener("board", (event) => {
    const update = JSON.parse(event.data);
    hearTime(update.now);
    drawLine("live");
    board.size = update.size;
    for (const [name, draw] of Object.entries(DRAW)) {
      if (!(name in update)) continue;
      board[name] = update[name];
      draw();
    }
    drawHead();
  });
}

listen();
tick();
setInterval(tick, 250);
