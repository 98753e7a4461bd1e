// Values of the record in the words of the page.
export const words = (value) => value.toLowerCase().replaceAll("_", " ");
export const scope = (value) => (value === "text" ? "whole text" : `paragraph ${value.slice(5)}`);
export const list = (states) => states.join(", ");

/** What a stance does, in the order in which people look for it: a mark beside every colour. */
export const WEIGHTS = {
  blocks: { mark: "✕", said: "holding back" },
  undeclared: { mark: "–", said: "undeclared" },
  qualifies: { mark: "±", said: "with a qualification" },
  joins: { mark: "✓", said: "can join" },
};
const VOTES = { yes: "joins", no: "blocks", abstain: "qualifies" };

/** What a stance does under the rules of this record: `head` is the board's section of that name. */
export function weight(head, stance) {
  if (stance === "UNDECLARED") return "undeclared";
  const vote = head.counts?.[stance];
  return vote ? VOTES[vote] : head.weights[stance] ?? "joins";
}

/** A stance in words; where votes are counted, the vote. */
export const stanceWords = (head, stance) => head.counts?.[stance] ?? words(stance);

/** A reference without the number of its revision: all versions of a text have it. */
export const family = (reference) => reference.replace(/-REV\d+$/, "");
export const revised = (reference, revision) => (revision ? `${reference}-REV${revision}` : reference);
export const textAddress = (reference) => `/text?reference=${encodeURIComponent(family(reference))}`;
