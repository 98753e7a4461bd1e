// From rows of the views to what is drawn of one text: versions, positions, silences and marks. It computes and draws nothing.

const at = (row) => Date.parse(row.from_at);
const byEntry = (one, other) => one.from_index - other.from_index;

/** What held and what had happened by entry `asOf`: later rows are gone, and what ended later has not ended. */
export function asOfEntry(rows, asOf) {
  return rows
    .filter((row) => row.from_index <= asOf)
    .map((row) => (row.until_index !== null && row.until_index > asOf ? { ...row, until_index: null, until_at: null } : row));
}

/** How a version ends with all positions on it. */
const CLOSED = { SUPERSEDED: "revised", REFERRED: "referred" };

/** Every version in order: from its circulation to the revision that replaced it, or to its referral to another body. */
export function versions(texts) {
  const found = new Map();
  for (const row of [...texts].sort(byEntry)) {
    const known = found.get(row.text);
    if (!known) {
      found.set(row.text, { ...row, from: at(row), fromIndex: row.from_index, until: null, untilIndex: null, closed: null });
    } else {
      Object.assign(known, { status: row.status, yes: row.yes, no: row.no, abstain: row.abstain });
      if (row.status in CLOSED) Object.assign(known, { until: at(row), untilIndex: row.from_index, closed: CLOSED[row.status] });
    }
  }
  return [...found.values()];
}

/** Segments of one position each, in lanes: one for each member, and for each paragraph that it spoke on. */
export function lanes(positions, shown, members) {
  const known = new Map(shown.map((version) => [version.text, version]));
  const found = new Map();
  const lane = (state, scope) => {
    const key = `${state} ${scope}`;
    if (!found.has(key)) found.set(key, { state, scope, segments: [] });
    return found.get(key);
  };
  for (const state of members) lane(state, "text");
  for (const row of [...positions].sort(byEntry)) {
    const version = known.get(row.text);
    if (!version) continue;
    lane(row.state, "text");
    const moved = row.until_index !== null;
    lane(row.state, row.scope).segments.push({
      state: row.state, scope: row.scope, stance: row.stance, prior: row.prior, version,
      index: row.from_index, from: at(row),
      until: moved ? Date.parse(row.until_at) : version.until,
      untilIndex: moved ? row.until_index : version.untilIndex,
      ended: moved ? "moved" : version.closed,
      office: row.office,
    });
  }
  return [...found.values()];
}

const ENDS = { BROKEN: "broken", WITHDRAWN: "withdrawn", PASSED: "passed" };

/** Each silence from its setting to its end, with every deadline that it had. */
export function silences(rows) {
  const found = new Map();
  for (const row of [...rows].sort(byEntry)) {
    const known = found.get(row.silence) ?? { silence: row.silence, from: at(row), index: row.from_index, until: null, untilIndex: null, ended: null, deadlines: [] };
    found.set(row.silence, known);
    const deadline = Date.parse(row.deadline);
    if (known.deadlines.at(-1)?.deadline !== deadline) known.deadlines.push({ deadline, from: at(row), index: row.from_index, shown: row.shown });
    if (row.status in ENDS && known.until === null) Object.assign(known, { until: at(row), untilIndex: row.from_index, ended: ENDS[row.status] });
    Object.assign(known, { status: row.status, brokenBy: row.broken_by, late: row.late, asking: row.asking, jeopardised: row.jeopardised, version: row.revision });
  }
  return [...found.values()];
}

const version = (row) => (row.revision ? `revision ${row.revision}` : "the first version");
const member = (row) => (row.cause_state === "ORG" ? `the ${row.cause_office.replaceAll("-", " ")}` : row.cause_state);

const OF_TEXT = {
  "text.circulated.v1": (row) => ["circulated", "First version circulated"],
  "revision.issued.v1": (row) => (row.status === "SUPERSEDED" ? null : ["revised", `Revision ${row.revision} issued: positions on the version before are void`]),
  "question.put.v1": (row) => ["question", `Question put on ${version(row)}`],
  "consensus.perceived.v1": (row) => ["consensus", `Consensus perceived on ${version(row)} by ${member(row)}`],
  "decision.adopted.v1": (row) => ["decision", `Adopted: ${version(row)}`],
  "item.referred.v1": () => ["referred", "Referred to another body: this one is done with it"],
  "tally.recorded.v1": (row) => ["decision", `Counted: ${row.yes} yes, ${row.no} no, ${row.abstain} abstaining`],
};
const OF_SILENCE = {
  "silence.set.v1": (row) => ["silence", `Silence set on ${version(row)}, deadline ${row.shown}`],
  "silence.extended.v1": (row) => ["silence", `Deadline moved to ${row.shown}`],
  "silence.extension_requested.v1": (row) => ["request", `More time requested by ${member(row)}`],
  "silence.extension_refused.v1": () => ["request", "Request for more time refused"],
  "silence.broken.v1": (row) => (row.status === "BROKEN" && row.broken_by.includes(row.cause_state) && !row.late.includes(row.cause_state)
    ? ["break", `Silence broken by ${row.cause_state}`]
    : ["late", `Late objection by ${row.cause_state}: recorded, without effect`]),
  "silence.withdrawn.v1": (row) => ["withdrawn", `Silence withdrawn by ${member(row)}`],
  "silence.passed.v1": () => ["passed", "Silence passed: nobody objected in time"],
};

/** What happened to the text, in order: a kind, words, the entry and its instant. */
export function marks(texts, silent) {
  const say = (table, row) => {
    const said = table[row.cause]?.(row);
    const state = row.cause_state === "ORG" ? null : row.cause_state;
    return said ? [{ kind: said[0], words: said[1], index: row.from_index, at: at(row), state }] : [];
  };
  const jeopardy = silent.filter((row) => row.jeopardised && !(row.cause in OF_SILENCE))
    .map((row) => ({ kind: "late", words: "Deadline in jeopardy: nobody can show that acts were being received", index: row.from_index, at: at(row), state: null }));
  const found = [...texts.flatMap((row) => say(OF_TEXT, row)), ...silent.flatMap((row) => say(OF_SILENCE, row)), ...jeopardy];
  return found.sort((one, other) => one.index - other.index);
}

/** The entries at which something about the text changed, in order. */
export function steps(...kinds) {
  const found = new Map(kinds.flat().map((row) => [row.from_index, at(row)]));
  return [...found].sort((one, other) => one[0] - other[0]).map(([index, when]) => ({ index, at: when }));
}

/**
 * Places on the axis, for an instant and the entry that it comes with, if there is one: to scale, or each act as far from
 * the next as any other. `stops` are the acts and whatever else needs a place, such as a deadline.
 */
export function axis(stops, from, until, left, right, even) {
  const wide = right - left;
  if (!even) return (when) => left + wide * Math.min(1, Math.max(0, (when - from) / Math.max(until - from, 1)));
  const order = [...stops, { at: until }].sort((one, other) => one.at - other.at || (one.index ?? Infinity) - (other.index ?? Infinity));
  const room = wide / Math.max(1, order.length - 1);
  const known = new Map(order.map((stop, place) => [stop.index, left + place * room]));
  return (when, index) => {
    if (index !== undefined && known.has(index)) return known.get(index);
    const next = order.findLastIndex((stop) => stop.at <= when) + 1;
    if (next <= 0) return left;
    if (next >= order.length) return right;
    const part = (when - order[next - 1].at) / (order[next].at - order[next - 1].at);
    return left + room * (next - 1 + part);
  };
}
