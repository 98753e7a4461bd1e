// The drawing of one text: a head with axis, silences and marks that stays in view, and a row for each member below.
import { svg } from "/elements.js";
import { scope, stanceWords, WEIGHTS, weight } from "/terms.js";
import { both, clockIn, dayIn, fullIn, HERE, minuteIn } from "/times.js";

const LANE = 19;
const BAR = 15;
const BAR_WIDE_MIN = 2;
const LABELS = 78;
const RIGHT = 14;
const TICK_APART = 74;
const LETTER = 6.3; // about the width of one at the size of the bars
const NAME_ROOM = 130;
const NAME_TALL = 14;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000];

export const MARKS = {
  circulated: "○", revised: "R", question: "?", consensus: "=", decision: "★", silence: "◷", request: "+", break: "✕", late: "!", withdrawn: "⊘", passed: "✓", referred: "→",
};

/** What a member says of a silence is marked in its own row, too. */
const SPOKEN = ["break", "late", "request"];

export const layout = (width) => ({ left: LABELS, right: width - RIGHT });

function patterns(id) {
  const hatch = svg("pattern", { id: `${id}-blocks`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("rect", { width: 2, height: 6, class: "pattern" }));
  const dots = svg("pattern", { id: `${id}-qualifies`, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("circle", { cx: 3, cy: 3, r: 1.1, class: "pattern" }));
  return svg("defs", {}, hatch, dots);
}

/** Instants on the axis: round ones to scale, or those of the acts where each act has the same room. */
export function ticks(place, from, until, wide, acts, even) {
  const most = Math.max(2, Math.floor(wide / TICK_APART));
  if (even) {
    const kept = [];
    const far = (act) => !kept.length || place(act.at, act.index) - place(kept.at(-1).at, kept.at(-1).index) >= TICK_APART;
    for (const act of acts) if (far(act) && (act.at > (kept.at(-1)?.at ?? 0))) kept.push(act);
    return kept;
  }
  const step = (STEPS_S.find((each) => (until - from) / 1000 / each <= most) ?? STEPS_S.at(-1)) * 1000;
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  const found = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= until; at += step) found.push({ at });
  return found.length ? found : [{ at: from }];
}

function axisRow(drawn, place, y, zone, name, fine, dated) {
  drawn.append(svg("text", { x: 0, y, class: "axis-name" }, name));
  let day = "";
  let end = 0;
  for (const { at, index } of dated) {
    const x = place(at, index);
    const today = dayIn(zone, at);
    const clock = fine ? clockIn(zone, at) : minuteIn(zone, at);
    const said = today === day ? clock : `${clock} ${today}`;
    if (x < end) continue;
    drawn.append(svg("text", { x, y, class: "axis" }, said));
    day = today;
    end = x + (said.length + 1) * LETTER;
  }
}

function silenceBar(silence, place, y, edge) {
  const end = silence.until ?? edge;
  const deadline = silence.deadlines.at(-1);
  const group = svg("g", { class: "silence-bar" });
  group.append(svg("title", {}, `Silence, ${silence.until ? silence.ended : "running"}. Deadline ${deadline.shown}, ${both(deadline.deadline)}`));
  group.append(svg("rect", { x: place(silence.from, silence.index), y, width: Math.max(BAR_WIDE_MIN, place(end, silence.untilIndex ?? undefined) - place(silence.from, silence.index)), height: BAR, rx: 2 }));
  for (const each of silence.deadlines) {
    const last = each === deadline;
    group.append(svg("line", { x1: place(each.deadline), x2: place(each.deadline), y1: y - 2, y2: y + BAR + 2, class: last ? "deadline-tick" : "deadline-tick old" }));
  }
  return group;
}

/** The head: both clocks, silences, marks. Marks that would lie on one another share a place. */
export function drawHeadOf(model, width) {
  const { place, from, until, silences, marks, steps, even } = model;
  const wide = width - LABELS - RIGHT;
  const at = ticks(place, from, until, wide, steps, even);
  const fine = even || at.length < 2 || at[1].at - at[0].at < 60_000;
  const zones = minuteIn(HERE, from) === minuteIn("UTC", from) ? [["UTC", "UTC"]] : [[HERE, "your time"], ["UTC", "UTC"]];
  const drawn = svg("svg", { class: "timeline-head", width, role: "img", "aria-label": `From ${fullIn("UTC", from)} to ${fullIn("UTC", until)}` }, patterns("head"));
  let y = 13;
  for (const [zone, name] of zones) {
    axisRow(drawn, place, y, zone, name, fine, at);
    y += 15;
  }
  if (silences.length) {
    drawn.append(svg("text", { x: 0, y: y + 8, class: "axis-name" }, "silence"));
    for (const silence of silences) drawn.append(silenceBar(silence, place, y - 3, model.edge));
    y += LANE + 2;
  }
  drawn.append(svg("text", { x: 0, y: y + 8, class: "axis-name" }, "text"));
  for (const group of shared(marks, place)) {
    const said = group.marks.map((mark) => `${mark.words}, entry ${mark.index}, ${both(mark.at)}`).join("\n");
    const glyph = MARKS[group.marks.at(-1).kind];
    drawn.append(svg("g", { class: `mark ${group.marks.at(-1).kind}` }, svg("title", {}, said),
      svg("circle", { cx: group.x, cy: y + 4, r: 8.5 }), svg("text", { x: group.x, y: y + 8.5 }, group.marks.length > 1 ? String(group.marks.length) : glyph)));
  }
  y += LANE;
  const lines = named(model);
  lines.forEach(([x, words, kind], row) => {
    const end = x > width - NAME_ROOM ? { x: x - 4, "text-anchor": "end" } : { x: x + 4 };
    const line = y + row * NAME_TALL;
    drawn.append(svg("line", { x1: x, x2: x, y1: line - 4, y2: y + lines.length * NAME_TALL, class: kind }));
    drawn.append(svg("text", { ...end, y: line + 9, class: `line-name ${kind === "as-of-line" ? "now" : ""}` }, words));
  });
  drawn.setAttribute("height", y + lines.length * NAME_TALL);
  return drawn;
}

/** The lines through all rows that need a name. */
function named({ place, silences, edge, until, edgeName }) {
  const open = silences.filter((each) => each.status === "RUNNING" || each.status === "PASSED");
  const found = open.map((each) => [place(each.deadlines.at(-1).deadline), `deadline ${each.deadlines.at(-1).shown}`, "deadline-line"]);
  return edge < until ? [...found, [place(edge), edgeName, "as-of-line"]] : found;
}

function shared(marks, place) {
  const groups = [];
  for (const mark of marks) {
    const x = place(mark.at, mark.index);
    const last = groups.at(-1);
    if (last && x - last.x < 17) last.marks.push(mark);
    else groups.push({ x, marks: [mark] });
  }
  return groups;
}

/** What a segment says, to the eye that points at it and to the ear. */
export function said(head, segment) {
  const version = segment.version.revision ? `revision ${segment.version.revision}` : "the first version";
  const before = segment.prior === "UNDECLARED" ? "undeclared" : stanceWords(head, segment.prior);
  const ends = { moved: ", until it moved", revised: ", until a revision made it void", referred: ", until the text was referred to another body" }[segment.ended] ?? "";
  const until = segment.ended ? `${ends} in entry ${segment.untilIndex}, ${both(segment.until)}` : ", and holds";
  const on = segment.scope === "text" ? "the whole text" : scope(segment.scope);
  return `${segment.state}: ${stanceWords(head, segment.stance)} on ${on} of ${version}; before: ${before}. Entry ${segment.index}, ${both(segment.from)}${until}.`;
}

function bar(head, segment, place, y, edge) {
  const kind = weight(head, segment.stance);
  const x = place(segment.from, segment.index);
  const wide = Math.max(BAR_WIDE_MIN, place(segment.until ?? edge, segment.untilIndex ?? undefined) - x);
  const group = svg("g", { class: `segment ${kind}`, tabindex: -1, role: "img", "aria-label": said(head, segment), "data-index": segment.index });
  group.append(svg("title", {}, said(head, segment)), svg("rect", { x, y, width: wide, height: BAR, rx: 2 }));
  if (kind === "blocks" || kind === "qualifies") group.append(svg("rect", { x, y, width: wide, height: BAR, rx: 2, fill: `url(#rows-${kind})`, class: "texture" }));
  const full = `${WEIGHTS[kind].mark} ${stanceWords(head, segment.stance)}`;
  const room = Math.floor((wide - 8) / LETTER);
  const text = full.length <= room ? full : room >= 1 ? WEIGHTS[kind].mark : "";
  if (text) group.append(svg("text", { x: x + 4, y: y + BAR - 4 }, text));
  return group;
}

/** The rows: a line where a version was open, a bar for each position, lines through all of them where it matters. */
export function drawRows(head, model, width) {
  const { place, until, edge, lanes, versions, silences, standing } = model;
  const height = Math.max(1, lanes.length) * LANE + 4;
  const drawn = svg("svg", { class: "timeline-rows", width, height, role: "group", "aria-label": "Positions, one row for each member. Arrow keys go from one position to the next." }, patterns("rows"));
  lanes.forEach((lane, row) => {
    if (row % 2) drawn.append(svg("rect", { x: 0, y: row * LANE, width, height: LANE, class: "stripe" }));
  });
  lanes.forEach((lane, row) => drawn.append(drawLane(head, lane, row * LANE, model, standing)));
  for (const version of versions) {
    if (version.untilIndex === null) continue;
    drawn.append(svg("line", { x1: place(version.until, version.untilIndex), x2: place(version.until, version.untilIndex), y1: 0, y2: height, class: "boundary" }));
  }
  for (const silence of silences) {
    const deadline = silence.deadlines.at(-1).deadline;
    // The deadline of a silence that was broken or withdrawn has no effect any more: it stays in the head alone.
    if (silence.status === "RUNNING" || silence.status === "PASSED") drawn.append(svg("line", { x1: place(deadline), x2: place(deadline), y1: 0, y2: height, class: "deadline-line" }));
    if (silence.ended === "broken") drawn.append(svg("line", { x1: place(silence.until, silence.untilIndex), x2: place(silence.until, silence.untilIndex), y1: 0, y2: height, class: "break-line" }));
  }
  if (edge < until) drawn.append(svg("line", { x1: place(edge), x2: place(edge), y1: 0, y2: height, class: "as-of-line" }));
  return drawn;
}

function drawLane(head, lane, top, { place, versions, edge, marks }, standing) {
  const group = svg("g", { class: "lane", "data-state": lane.state });
  const kind = standing(lane);
  const label = lane.scope === "text" ? lane.state : `¶${lane.scope.slice(5)}`;
  group.append(svg("text", { x: lane.scope === "text" ? 0 : 16, y: top + 14, class: `lane-name ${kind}` }, `${label} ${WEIGHTS[kind].mark}`));
  if (lane.scope === "text") {
    for (const version of versions) {
      group.append(svg("line", { x1: place(version.from, version.fromIndex), x2: place(version.until ?? edge, version.untilIndex ?? undefined), y1: top + LANE / 2, y2: top + LANE / 2, class: "open-line" }));
    }
  }
  for (const segment of lane.segments) group.append(bar(head, segment, place, top + 2, edge));
  const own = lane.scope === "text" ? marks.filter((mark) => mark.state === lane.state && SPOKEN.includes(mark.kind)) : [];
  for (const mark of own) {
    const words = `${mark.words}, entry ${mark.index}, ${both(mark.at)}`;
    group.append(svg("g", { class: `mark spoken ${mark.kind}`, role: "img", "aria-label": words }, svg("title", {}, words),
      svg("circle", { cx: place(mark.at, mark.index), cy: top + LANE / 2, r: 7.5 }), svg("text", { x: place(mark.at, mark.index), y: top + LANE / 2 + 4 }, MARKS[mark.kind])));
  }
  return group;
}
