// Votes of many states on many roll calls: the order of the states, and colours where there are more roll calls than
// pixels. It computes and draws nothing; the same votes give the same order everywhere.

export const VALUES = { y: 1, a: 0, n: -1 };
export const NONE = ["-", "."];
const ROUNDS = 40;

/** How often each state voted at all, yes, no and abstaining, within [from, until). */
export function counts(calls, states, from, until) {
  const found = states.map(() => ({ y: 0, n: 0, a: 0, votes: 0 }));
  for (let at = from; at < until; at += 1) {
    const word = calls[at].votes;
    for (let state = 0; state < states.length; state += 1) {
      const vote = word[state];
      if (!(vote in VALUES)) continue;
      found[state][vote] += 1;
      found[state].votes += 1;
    }
  }
  return found;
}

/** Votes as numbers, each roll call around its own mean; who did not vote stands at the mean. */
function centred(calls, count, from, until) {
  const wide = until - from;
  const values = new Float32Array(count * wide);
  for (let at = 0; at < wide; at += 1) {
    const word = calls[from + at].votes;
    let sum = 0;
    let votes = 0;
    for (let state = 0; state < count; state += 1) {
      const value = VALUES[word[state]];
      if (value === undefined) continue;
      sum += value;
      votes += 1;
    }
    for (let state = 0; state < count; state += 1) {
      const value = VALUES[word[state]];
      values[state * wide + at] = value === undefined ? 0 : value - sum / votes;
    }
  }
  return values;
}

/** The first principal component of the states, by power iteration from a fixed start. */
export function component(calls, count, from, until) {
  const wide = until - from;
  const values = centred(calls, count, from, until);
  let scores = Float64Array.from({ length: count }, (_, state) => Math.cos(state + 1));
  for (let round = 0; round < ROUNDS; round += 1) {
    const loads = new Float64Array(wide);
    for (let state = 0; state < count; state += 1) {
      const score = scores[state];
      for (let at = 0, start = state * wide; at < wide; at += 1) loads[at] += score * values[start + at];
    }
    const next = new Float64Array(count);
    for (let state = 0; state < count; state += 1) {
      let sum = 0;
      for (let at = 0, start = state * wide; at < wide; at += 1) sum += loads[at] * values[start + at];
      next[state] = sum;
    }
    const length = Math.hypot(...next);
    if (!length) return next;
    scores = next.map((each) => each / length);
  }
  return scores;
}

/** How often each state voted as `other` did, among the roll calls on which both voted. */
export function agreement(calls, count, from, until, other) {
  const same = new Float64Array(count);
  const both = new Float64Array(count);
  for (let at = from; at < until; at += 1) {
    const word = calls[at].votes;
    if (!(word[other] in VALUES)) continue;
    for (let state = 0; state < count; state += 1) {
      if (!(word[state] in VALUES)) continue;
      both[state] += 1;
      if (word[state] === word[other]) same[state] += 1;
    }
  }
  return same.map((each, state) => (both[state] ? each / both[state] : -1));
}

/** Places of the states from the top: `by` is "similar", "alphabet" or the code of the state to agree with. */
export function order(calls, states, from, until, by) {
  const found = counts(calls, states, from, until);
  const voted = [...states.keys()].filter((state) => found[state].votes);
  voted.sort((one, other) => (states[one] < states[other] ? -1 : 1));
  if (by === "alphabet" || voted.length < 2) return voted;
  const given = states.indexOf(by);
  if (given >= 0) {
    const share = agreement(calls, states.length, from, until, given);
    return voted.sort((one, other) => (other === given) - (one === given) || share[other] - share[one]);
  }
  const scores = component(calls, states.length, from, until);
  // A component has no direction of its own: those who more often vote yes come first.
  const yes = (state) => found[state].y / found[state].votes;
  const mean = voted.reduce((sum, state) => sum + yes(state), 0) / voted.length;
  const way = voted.reduce((sum, state) => sum + scores[state] * (yes(state) - mean), 0) < 0 ? -1 : 1;
  return voted.sort((one, other) => way * (scores[other] - scores[one]));
}

/**
 * Pixels of a part of the picture: one for each place in `rows` and each of `wide` columns. Where several roll calls
 * share a column their colours are mixed in equal parts. `colours` gives red, green and blue for each letter.
 */
export function mix(calls, rows, from, until, wide, colours) {
  const pixels = new Uint8ClampedArray(rows.length * wide * 4);
  for (let column = 0; column < wide; column += 1) {
    const first = from + Math.floor((column * (until - from)) / wide);
    const last = Math.max(first + 1, from + Math.floor(((column + 1) * (until - from)) / wide));
    for (let row = 0; row < rows.length; row += 1) {
      let [red, green, blue] = [0, 0, 0];
      for (let at = first; at < last; at += 1) {
        const colour = colours[calls[at].votes[rows[row]]] ?? colours["-"];
        red += colour[0];
        green += colour[1];
        blue += colour[2];
      }
      const share = last - first;
      pixels.set([red / share, green / share, blue / share, 255], (row * wide + column) * 4);
    }
  }
  return pixels;
}

/** The first roll call of each year that a reference names. */
export function years(calls) {
  const found = [];
  calls.forEach((call, at) => {
    const year = call.reference.match(/\((\d{4})\)/)?.[1];
    if (year && found.at(-1)?.year !== year) found.push({ year, at });
  });
  return found;
}

/** Who voted what on a roll call. */
export function cast(call, states) {
  const found = { y: [], n: [], a: [], "-": [], ".": [] };
  states.forEach((state, at) => (found[call.votes[at]] ?? found["-"]).push(state));
  return found;
}
