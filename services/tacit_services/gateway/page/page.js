// The board: what is going on now.
import { byId, cell, el, link, scrolling, show } from "/elements.js";
import { drawHead, listen, serverNow } from "/feed.js";
import { list, scope, textAddress, WEIGHTS, words } from "/terms.js";
import { clockIn, dayIn, fullIn, HERE, span, spoken } from "/times.js";

const SOON_S = 120;
const ANNOUNCED_S = [3600, 1800, 600, 300, 60, 10];

const board = { head: null, channels: [], acknowledgements: [], consultations: [], silences: [], texts: [], acts: [], size: 0 };
const announced = new Map();

const RESULTS = {
  yes: ["No objection stands in the way", "good"],
  no: ["No consensus", "bad"],
  indeterminate: ["Not decided yet", "warn"],
};
const STATUSES = { NEGOTIATING: "under negotiation", UNDER_SILENCE: "under silence", AGREED: "agreed", SUPERSEDED: "superseded" };

function drawChannels() {
  show("channel-list", board.channels.map((channel) => {
    const level = el("span", "level", channel.level);
    level.dataset.level = channel.level;
    const title = el("span", "title", channel.title);
    return el("li", "channel", el("span", "quiet", "Crisis channel"), title, level);
  }));
}

function drawAcknowledgements() {
  show("acknowledgement-list", board.acknowledgements.map((item) => {
    const overdue = item.status === "OVERDUE";
    const by = fullIn(HERE, new Date(item.deadline));
    return el("li", "channel", el("span", "quiet", `${item.channel}: receipts (${words(item.kind)})`),
      el("span", `tag ${overdue ? "bad" : "warn"}`, overdue ? "overdue" : "awaited"), el("span", "title", list(item.missing)),
      el("span", "quiet", `by ${item.shown}, ${by}`));
  }));
}

function drawConsultations() {
  show("consultation-list", board.consultations.map((item) => {
    const status = item.outcome ? `${words(item.status)}: ${words(item.outcome)}` : words(item.status);
    return el("li", "channel", el("span", "quiet", `Consultation under ${item.basis}`), el("span", "title", item.subject),
      el("span", "", `asked by ${list(item.invoking)}`), el("span", "tag", status));
  }));
}

function titled(item, status, kind) {
  const head = el("header", "", el("h3", "", item.title), el("span", "reference", item.reference));
  return status ? [head, el("span", `tag ${kind}`, status)] : [head];
}

function drawSilences() {
  const cards = board.silences.map((silence) => (silence.status === "RUNNING" ? running(silence) : ended(silence)));
  show("silence-list", cards.length ? cards : [el("p", "empty", "No silence has been set.")]);
  tick();
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
    card.append(el("p", "said", "Nobody has objected."), el("p", "quiet", "If no member objects by the deadline, the text is agreed."));
  }
  if (silence.requests.length) card.append(el("p", "quiet", `More time requested by ${list(silence.requests)}. That is not an objection.`));
  card.append(moved(silence));
  return card;
}

function ended(silence) {
  const said = {
    BROKEN: [`Broken by ${list(silence.breakers)}: the text is not agreed.`, "bad"],
    PASSED: ["Passed: nobody objected in time.", "good"],
    WITHDRAWN: ["Withdrawn by the chair.", ""],
  }[silence.status] || [words(silence.status), ""];
  const card = el("article", "card silence ended", ...titled(silence));
  card.append(el("p", `said ${said[1]}`, said[0]));
  card.append(el("p", "quiet", `Deadline ${silence.shown}, ${fullIn("UTC", new Date(silence.deadline))}`));
  if (silence.late.length) card.append(el("p", "quiet", `Late objection by ${list(silence.late)}: recorded, without effect.`));
  card.append(moved(silence));
  return card;
}

/** As the clocks of the head: write the numbers, change nothing else. */
function tick() {
  const now = serverNow();
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
  const card = el("article", "card", ...titled(item));
  if (item.tally) {
    const { yes, no, abstain } = item.tally;
    card.append(el("p", "tally", `${item.body} · `, el("span", "tag", "Counted"), ` ${yes} yes · ${no} no · ${abstain} abstaining`), moved(item));
    return card;
  }
  const [result, kind] = agreed ? ["Agreed", "good"] : RESULTS[item.result];
  const status = agreed ? "" : `${STATUSES[item.status]} · `;
  card.append(el("p", "tally", `${item.body} · ${status}`, el("span", `tag ${kind}`, result)));
  if (!agreed) card.append(el("p", "tally", tally(item.positions)));
  const declared = item.positions.filter((row) => row.weight !== "undeclared");
  const silent = item.positions.filter((row) => row.weight === "undeclared").map((row) => row.state);
  if (silent.length && !agreed) card.append(el("p", "undeclared", el("span", "quiet", "Undeclared: "), list(silent)));
  if (declared.length) card.append(table(item, declared));
  card.append(moved(item));
  return card;
}

/** The way to the page of a text. */
function moved(item) {
  const way = link(textAddress(item.reference), item.tally ? "How the votes came in" : "How positions moved");
  way.setAttribute("aria-label", `${way.textContent} on ${item.reference}`);
  return el("p", "further", way);
}

function table(item, declared) {
  const made = el("table", "play", el("caption", "unseen", `Positions on ${item.reference}`));
  const heads = ["Member", "Position", "Before", "On", "Entry"].map((name) => cell("th", "", name, "col"));
  made.append(el("thead", "", el("tr", "", ...heads)), el("tbody", "", ...declared.map(position)));
  return scrolling(`Positions on ${item.reference}`, made);
}

function tally(positions) {
  const members = Object.entries(WEIGHTS).map(([weight, { said }]) => [
    new Set(positions.filter((row) => row.weight === weight).map((row) => row.state)).size, said,
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

/** Stances in the words of the page, and votes as votes. */
const spelt = (sentence) => sentence
  .replace(/\bdeclares ([A-Z_]+)/g, (_, stance) => (board.head?.counts?.[stance] ? `votes ${board.head.counts[stance]}` : `declares “${words(stance)}”`))
  .replace(/\bbefore: ([A-Z_]+)/g, (_, stance) => `before: “${board.head?.counts?.[stance] ?? words(stance)}”`);

/** The time of an act, with its day where that is not today. */
function received(at) {
  const day = dayIn(HERE, at);
  const time = el("time", "", day === dayIn(HERE, serverNow()) ? clockIn(HERE, at) : `${day} ${clockIn(HERE, at)}`);
  time.dateTime = at.toISOString();
  time.title = fullIn("UTC", at);
  return time;
}

function drawActs() {
  const rows = board.acts.map((act) => {
    const office = act.office.replaceAll("-", " ");
    const ours = act.who === "ORG"; // the organisation's own office is known by its name
    const effects = act.effects.map((effect) => el("span", "effect", spelt(effect)));
    return el("tr", "",
      cell("td", "number", String(act.index)),
      el("td", "time", act.at ? received(new Date(act.at)) : ""),
      el("th", "", ours ? office[0].toUpperCase() + office.slice(1) : act.who, ours ? null : el("span", "office", office)),
      el("td", "", ...unbroken(spelt(act.words)), ...effects));
  });
  for (const row of rows) row.querySelector("th").scope = "row";
  if (rows.length) show("act-list", rows);
  byId("zone").textContent = `Newest first. Times in ${HERE}; point at one for UTC.`;
}

const DRAW = { channels: drawChannels, acknowledgements: drawAcknowledgements, consultations: drawConsultations, silences: drawSilences, texts: drawTexts, acts: drawActs };

listen((update) => {
  board.size = update.size;
  if ("head" in update) board.head = update.head;
  for (const [name, draw] of Object.entries(DRAW)) {
    if (!(name in update)) continue;
    board[name] = update[name];
    draw();
  }
  drawHead(board.head, board.size);
});
tick();
setInterval(tick, 250);
