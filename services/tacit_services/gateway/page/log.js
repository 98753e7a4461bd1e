// Where the log stands, in words: up to where the record is notarised and witnessed, by whom, and since when.
import { byId, el, link, show } from "/elements.js";
import { list } from "/terms.js";
import { clockIn, dayIn } from "/times.js";

const LATE_S = 10; // a checkpoint that waits longer for its quorum is said to wait
const SILENT = {
  no_notary: "No notary answers here",
  archive: "The notary cannot read its archive",
  malformed: "The notary's answer cannot be read",
  unreadable: "The notary's answer cannot be read",
};
const NO_LOG = "No log: the charter names no notary. That nothing is left out, changed or put in later is the word of this server alone.";
const NO_WITNESSES = "The charter names no witnesses: it is the word of the operator alone.";

const many = (count) => count.toLocaleString("en");

function at(instant, now) {
  const then = new Date(instant);
  const day = dayIn("UTC", then);
  return `${day === dayIn("UTC", now) ? "" : `${day} `}${clockIn("UTC", then)} UTC`;
}

const late = (log, now) => log.behind_since !== null && now - Date.parse(log.behind_since) > LATE_S * 1000;

/** One word for it, and how good it is. */
function judged(log, now) {
  if (log.histories) return ["Two histories", "bad"];
  if (!log.kept) return ["None", "none"];
  if (log.silent) return ["Notary silent", "bad"];
  if (log.notarised === null) return ["Nothing signed yet", "none"];
  if (!log.witnesses.length) return ["Notarised, no witnesses", "none"];
  if (late(log, now)) return ["Waiting for witnesses", "late"];
  return log.witnessed ? ["Witnessed", "good"] : ["Not witnessed yet", "none"];
}

function standing(log, now) {
  const notarised = log.notarised === null ? "Nothing is notarised yet" : `Notarised up to ${many(log.notarised)}`;
  if (!log.witnesses.length) return `${notarised}. ${NO_WITNESSES}`;
  const { witnessed, witnesses, quorum } = log;
  const by = `of ${witnesses.length} witnesses, ${quorum} needed`;
  if (!witnessed) return `${notarised}, witnessed up to nothing yet (${log.waiting.length} ${by}).`;
  return `${notarised}, witnessed up to ${many(witnessed.size)} (${witnessed.cosigned.length} ${by}, at ${at(witnessed.at, now)}).`;
}

function sentences(log, now) {
  if (!log.kept) return [NO_LOG];
  const said = [standing(log, now)];
  if (late(log, now)) {
    const who = log.waiting.length ? `only ${list(log.waiting)} cosigned` : "no witness has cosigned";
    said.push(`Since ${at(log.behind_since, now)} ${who} what came after: nothing is lost, and nothing new is witnessed.`);
  }
  if (log.silent) said.push(`${SILENT[log.silent] ?? "The notary does not answer"}: this may be old.`);
  return said;
}

/** As loud as a page can be: what cannot both be true, and the file that shows it to others. */
function alarm({ earlier, later, certain, evidence }) {
  const head = certain ? "THE LOG HAS SIGNED TWO HISTORIES." : "THE LOG DOES NOT SHOW ONE HISTORY.";
  const what = certain
    ? `It has signed two checkpoints of ${many(later)} entries with different contents.`
    : `It has signed a checkpoint of ${many(later)} entries that is not shown to continue the one of ${many(earlier)}.`;
  const said = el("p", "", el("strong", "", head), ` ${what} Rely on nothing on this page: compare your own copy of the record with that of other members.`);
  return evidence ? [said, el("p", "", link("/v1/board/evidence", "Keep the evidence"), ": anybody can check it with the keys of the log.")] : [said];
}

/** Written whenever something is new, and every second, since waiting becomes late by itself. */
export function drawLog(log, now) {
  if (!log) return;
  const [word, kind] = judged(log, now);
  const place = byId("log");
  place.dataset.log = kind;
  if (place.textContent !== word) place.textContent = word;
  const said = sentences(log, now).join(" ");
  if (byId("log-said").textContent !== said) byId("log-said").textContent = said;
  byId("histories").hidden = !log.histories;
  if (log.histories) show("histories", alarm(log.histories));
}
