// The picture of states and roll calls on a canvas: only what is in view is painted, whatever the size of the whole.
import { mix, years } from "/roll_calls.js";

export const LETTERS = { y: "Y", n: "N", a: "A", "-": "", ".": "" };
const NAMES = { y: "--vote-yes", n: "--vote-no", a: "--vote-abstain", "-": "--vote-none", ".": "--card" };
const HEAD = 20;
const SIDE = 40;
const LETTER_ROOM = 11;
const LABEL_ROOM = 9;
const YEAR_APART = 38;

/** The colours of the sheet, as numbers. */
function colours(place) {
  const styles = getComputedStyle(place);
  const read = (name) => styles.getPropertyValue(name).trim();
  const numbers = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const votes = Object.fromEntries(Object.entries(NAMES).map(([letter, name]) => [letter, numbers(read(name))]));
  return { votes, ink: read("--ink"), soft: read("--soft"), card: read("--card"), accent: read("--accent"), font: read("--sans"), onVote: read("--on-vote") };
}

export class Picture {
  /** `box` scrolls; within it `extent` has the size of the whole, and `canvas` that of the view. */
  constructor(box, extent, canvas) {
    Object.assign(this, { box, extent, canvas, calls: [], states: [], rows: [], from: 0, until: 0, zoom: 0, tall: 12, at: null });
    this.asked = false;
    box.addEventListener("scroll", () => this.paint());
    new ResizeObserver(() => this.measure()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  get wide() {
    return this.box.clientWidth - SIDE;
  }

  /** Of one roll call, in pixels of the sheet: below one where all of them have to fit. */
  get step() {
    return this.zoom || Math.min(24, this.wide / Math.max(1, this.until - this.from));
  }

  measure() {
    const width = SIDE + (this.until - this.from) * this.step;
    this.extent.style.width = `${this.zoom ? Math.max(width, 1) : this.box.clientWidth}px`;
    this.extent.style.height = `${HEAD + this.rows.length * this.tall}px`;
    this.paint();
  }

  paint() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  /** The part that is in view: first and last row and roll call. */
  view() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.box;
    const left = this.zoom ? this.from + Math.floor(scrollLeft / this.step) : this.from;
    const right = this.zoom ? Math.min(this.until, left + Math.ceil((clientWidth - SIDE) / this.step) + 1) : this.until;
    const top = Math.floor(scrollTop / this.tall);
    const bottom = Math.min(this.rows.length, top + Math.ceil((clientHeight - HEAD) / this.tall) + 1);
    return { left, right, top, bottom, x: this.zoom ? SIDE - (scrollLeft % this.step) : SIDE, y: HEAD - (scrollTop % this.tall) };
  }

  draw() {
    const { box, canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [box.clientWidth, Math.min(box.clientHeight, HEAD + this.rows.length * this.tall)];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const sheet = canvas.getContext("2d");
    const colour = colours(box);
    sheet.scale(ratio, ratio);
    sheet.fillStyle = colour.card;
    sheet.fillRect(0, 0, width, height);
    if (!this.rows.length || this.until <= this.from) return;
    const view = this.view();
    this.cells(sheet, view, colour);
    this.letters(sheet, view, colour);
    this.labels(sheet, view, colour, height);
    this.axis(sheet, view, colour, width);
    this.cursor(sheet, view, colour, width, height);
  }

  cells(sheet, view, colour) {
    const rows = this.rows.slice(view.top, view.bottom);
    const count = view.right - view.left;
    if (!rows.length || count < 1) return;
    const wide = this.step < 1 ? Math.max(1, Math.round(this.wide)) : count;
    const image = new ImageData(mix(this.calls, rows, view.left, view.right, wide, colour.votes), wide, rows.length);
    const made = new OffscreenCanvas(wide, rows.length);
    made.getContext("2d").putImageData(image, 0, 0);
    sheet.imageSmoothingEnabled = false;
    sheet.drawImage(made, view.x, view.y, this.step < 1 ? this.wide : count * this.step, rows.length * this.tall);
    if (this.tall < 6) return;
    sheet.fillStyle = colour.card;
    for (let row = 0; row <= rows.length; row += 1) sheet.fillRect(SIDE, view.y + row * this.tall - 0.5, sheet.canvas.width, 1);
    if (this.step < 6) return;
    for (let column = 0; column <= count; column += 1) sheet.fillRect(view.x + column * this.step - 0.5, HEAD, 1, sheet.canvas.height);
  }

  letters(sheet, view, colour) {
    if (this.step < LETTER_ROOM || this.tall < LETTER_ROOM) return;
    sheet.font = `600 ${Math.min(11, this.tall - 2)}px ${colour.font}`;
    sheet.textAlign = "center";
    sheet.textBaseline = "middle";
    sheet.fillStyle = colour.onVote;
    for (let row = view.top; row < view.bottom; row += 1) {
      for (let at = view.left; at < view.right; at += 1) {
        const letter = LETTERS[this.calls[at].votes[this.rows[row]]];
        if (letter) sheet.fillText(letter, view.x + (at - view.left + 0.5) * this.step, view.y + (row - view.top + 0.5) * this.tall + 0.5);
      }
    }
  }

  labels(sheet, view, colour, height) {
    sheet.fillStyle = colour.card;
    sheet.fillRect(0, 0, SIDE, height);
    sheet.textAlign = "left";
    sheet.textBaseline = "middle";
    const every = Math.ceil(LABEL_ROOM / this.tall);
    for (let row = view.top; row < view.bottom; row += 1) {
      if (row % every) continue;
      const chosen = this.at && this.at.row === row;
      sheet.font = `${chosen ? 700 : 400} ${Math.min(12, Math.max(LABEL_ROOM, this.tall) - 0.5)}px ${colour.font}`;
      sheet.fillStyle = chosen ? colour.accent : colour.ink;
      sheet.fillText(this.states[this.rows[row]], 2, Math.max(HEAD + LABEL_ROOM / 2 + 1, view.y + (row - view.top + 0.5) * this.tall + 0.5));
    }
  }

  axis(sheet, view, colour, width) {
    sheet.fillStyle = colour.card;
    sheet.fillRect(0, 0, width, HEAD);
    sheet.fillStyle = colour.soft;
    sheet.font = `12px ${colour.font}`;
    sheet.textAlign = "left";
    sheet.textBaseline = "alphabetic";
    let last = -YEAR_APART;
    for (const { year, at } of years(this.calls)) {
      const shownAt = Math.max(at, this.from);
      const x = this.x(shownAt, view);
      if (at >= this.until || x < SIDE - 1 || x > width || x - last < YEAR_APART) continue;
      sheet.fillText(year, x + 2, 13);
      sheet.fillRect(x, 4, 1, HEAD - 4);
      last = x;
    }
    if (last < 0) sheet.fillText(this.calls[view.left].reference, SIDE + 2, 13);
  }

  x(at, view) {
    return view.x + (at - view.left) * this.step;
  }

  cursor(sheet, view, colour, width, height) {
    if (!this.at) return;
    const x = this.x(this.at.call, view);
    const y = view.y + (this.at.row - view.top) * this.tall;
    sheet.strokeStyle = colour.ink;
    sheet.lineWidth = 1.5;
    const wide = Math.max(3, this.step);
    if (x + wide > SIDE && x < width) sheet.strokeRect(x - 0.5, HEAD + 1, wide + 1, height - HEAD - 2);
    if (y + this.tall > HEAD && y < height) sheet.strokeRect(SIDE + 1, y - 0.5, width - SIDE - 2, this.tall + 1);
  }

  /** The place under a point of the view, or null. */
  under(clientX, clientY) {
    const bounds = this.box.getBoundingClientRect();
    const [x, y] = [clientX - bounds.left - this.box.clientLeft, clientY - bounds.top - this.box.clientTop];
    if (x < SIDE || y < HEAD) return null;
    const view = this.view();
    const call = view.left + Math.floor((x - view.x) / this.step);
    const row = view.top + Math.floor((y - view.y) / this.tall);
    return call < this.until && row < this.rows.length && call >= this.from && row >= 0 ? { call, row } : null;
  }

  /** Bring a place into view. */
  reveal({ call, row }) {
    const { box } = this;
    const [x, y] = [(call - this.from) * this.step, row * this.tall];
    const [wide, tall] = [this.wide - this.step, box.clientHeight - HEAD - this.tall];
    if (this.zoom && (x < box.scrollLeft || x > box.scrollLeft + wide)) box.scrollLeft = Math.max(0, x - wide / 2);
    if (y < box.scrollTop) box.scrollTop = y;
    if (y > box.scrollTop + tall) box.scrollTop = y - tall;
  }
}
