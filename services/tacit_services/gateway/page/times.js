// Instants in words: in UTC and in the zone of whoever reads.
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
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

const MINUTE = { hour: "2-digit", minute: "2-digit" };
const CLOCK = { ...MINUTE, second: "2-digit" };
const DAY = { day: "numeric", month: "short" };
const FULL = { weekday: "short", ...DAY, year: "numeric", ...CLOCK, timeZoneName: "short" };

export const minuteIn = (zone, at) => format(zone, MINUTE).format(at);
export const clockIn = (zone, at) => format(zone, CLOCK).format(at);
export const dayIn = (zone, at) => format(zone, DAY).format(at);
export const fullIn = (zone, at) => format(zone, FULL).format(at);

/** An instant for whoever reads, with UTC beside it where that is something else. */
export function both(at) {
  const utc = fullIn("UTC", at);
  const here = fullIn(HERE, at);
  return here === utc ? utc : `${here} (${clockIn("UTC", at)} UTC)`;
}

export function span(seconds) {
  const whole = Math.abs(Math.trunc(seconds));
  const days = Math.floor(whole / 86400);
  const two = (n) => String(n).padStart(2, "0");
  const clock = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return days ? `${days} d ${clock}` : clock;
}

export function spoken(seconds) {
  if (seconds >= 3600) return `${Math.round(seconds / 3600)} hour${seconds >= 5400 ? "s" : ""}`;
  if (seconds >= 60) return `${Math.round(seconds / 60)} minute${seconds >= 90 ? "s" : ""}`;
  return `${seconds} seconds`;
}
