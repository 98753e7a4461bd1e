// Asking read models: every row of an answer, page after page, all as of one size of the record.
const PAUSE_MS = 500;
export const AGAIN_MS = 5_000; // after which a page asks again by itself
const TRIES = 3;
const LATER = [429, 503];

/** Why there is no answer, in words for whoever reads. */
export class NoAnswer extends Error {}

const SAID = {
  not_built: "The read models are still being built from the record: this page asks again by itself.",
  unknown_view: "This server does not keep what this page is drawn from.",
};

async function page(view, asked) {
  for (let tried = 1; ; tried += 1) {
    const answer = await fetch(`/v1/board/views/${view}?${new URLSearchParams(asked)}`, { cache: "no-store" });
    if (answer.ok) return answer.json();
    const reason = (await answer.json().catch(() => ({}))).refused;
    if (!LATER.includes(answer.status) || tried === TRIES) throw new NoAnswer(SAID[reason] ?? "The read models do not answer now: this page asks again by itself.");
    await new Promise((done) => setTimeout(done, PAUSE_MS * tried));
  }
}

/** All rows as objects. `take` is told of each page as it comes. */
export async function rows(view, asked, take = () => {}) {
  const found = [];
  let after = 0;
  let asOf = null;
  while (after !== null) {
    const got = await page(view, { ...asked, after, ...(asOf === null ? {} : { as_of: asOf }) });
    const named = got.rows.map((row) => Object.fromEntries(got.columns.map((column, at) => [column, row[at]])));
    found.push(...named);
    take(named, got);
    asOf ??= got.size - 1; // what is recorded while we read is not part of this answer
    after = got.next;
  }
  return found;
}
