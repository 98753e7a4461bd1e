// The feed of the board: what this server says now, and whether it still says anything.
import { byId } from "/elements.js";
import { drawLog } from "/log.js";
import { clockIn, HERE } from "/times.js";

const SILENT_AFTER_MS = 25_000; // the feed gives the time every ten seconds
const TICK_MS = 250;
const OFFSETS_KEPT = 8;
const offsets = [];
let heardAt = 0;
let log = null;

// The server's clock decides; ours only counts between two of its words. A late word makes the server look slow, so the
// largest difference lately seen is the truest.
export const serverNow = () => Date.now() + (offsets.length ? Math.max(...offsets) : 0);

function hearTime(now) {
  offsets.push(Date.parse(now) - Date.now());
  if (offsets.length > OFFSETS_KEPT) offsets.shift();
  heardAt = performance.now();
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

/** Every quarter of a second: write the numbers, change nothing else. */
function tick() {
  const now = serverNow();
  byId("clock").textContent = clockIn("UTC", now);
  byId("here").textContent = clockIn(HERE, now);
  drawLine();
  drawLog(log, now);
}

/** Whose record this is, at the top of every page. */
export function drawHead(head, size, about = "") {
  byId("size").textContent = size.toLocaleString("en");
  if (!head) return;
  byId("name").textContent = head.name;
  byId("exercise").hidden = head.purpose !== "exercise";
  byId("standing").textContent = head.in_force
    ? `Charter in force. Record ${head.organisation.slice(0, 12)}.`
    : "The charter is not in force yet: founders are still to accept it.";
  byId("to-votes").hidden = !head.counts;
  document.title = `${head.purpose === "exercise" ? "EXERCISE · " : ""}${about ? `${about} · ` : ""}${head.name}`;
}

/** Tell `take` of every update: what changed, by section, and the size of the record. */
export function listen(take) {
  const feed = new EventSource("/v1/board");
  feed.addEventListener("open", () => drawLine("live"));
  feed.addEventListener("error", () => drawLine("lost"));
  feed.addEventListener("board", (event) => {
    const update = JSON.parse(event.data);
    hearTime(update.now);
    drawLine("live");
    log = update.log ?? log;
    tick();
    take(update);
  });
  tick();
  setInterval(tick, TICK_MS);
}
