// Signs in at a gateway, reads the record, posts one message and checks the receipt; needs no code of ours.
//
//     node examples/session.mjs ws://127.0.0.1:8420/v1/ws ORGANISATION key.json XAA/permanent-representative council/east \
//         "On our way" "We arrive at noon."
//
// Needs Node.js 22, or 20 with --experimental-websocket. Written from docs/reference/websocket.md, asyncapi.yaml and the
// pages of docs/reference/spec that are named below. Ends with 0 when the act is recorded, 1 when it is refused, 2 when
// nobody can say, 3 when the gateway says what cannot be true or does not let us in.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const CREDIT = 1024;
const WAIT_MS = 30_000;
const PLAYABLE_MS = 600_000;
const ACT = "application/vnd.tacit.act.v1+json";
const LEAF = "application/vnd.tacit.leaf.v1+json";
const REFUSAL = "application/vnd.tacit.refusal.v1+json";
const SIGN_IN = "application/vnd.tacit.sign-in.v1+json";

const [url, organisation, keyFile, speaker, place, subject, text] = process.argv.slice(2);
if (text === undefined) stop(2, "usage: session.mjs URL ORGANISATION KEY STATE/OFFICE BODY/CHANNEL SUBJECT TEXT");
const [state, office] = speaker.split("/");
const [body, channel] = place.split("/");

function stop(code, words) {
  console.log(words);
  process.exit(code);
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const octets = (written) => Buffer.from(written, "base64");

// envelope 3 and 4: what is signed, and the id of an act.
const pae = (type, payload) =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
const actId = (payload) => sha256(pae(ACT, payload));

// profile 14: no fraction, or six digits that are not all zero.
const instant = (ms) => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, (_, ms) => (ms === "000" ? "Z" : `.${ms}000Z`));

// keys 1 to 3. A key file holds the seeds of RFC 8032; this example speaks for a credential of the suite `ed25519`.
function own(file) {
  const { suite, seeds } = JSON.parse(readFileSync(file));
  if (suite !== "ed25519") stop(2, `this example signs with ed25519 alone, not with ${suite}`);
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), octets(seeds[0])]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const raw = Buffer.from(createPublicKey(secret).export({ format: "jwk" }).x, "base64url");
  const key = { purpose: "sign", algorithm: "ed25519", key: base64(raw) };
  const keyid = sha256(JSON.stringify(key)).slice(0, 16);
  const signature = (type, payload) => ({ keyid, sig: base64(sign(null, pae(type, payload), secret)) });
  return { credential: sha256(JSON.stringify({ keys: [key] })), signature };
}

// envelope 2, keys 2 and 9: of the type that we expect, by the registrar's Ed25519 key alone.
function opened(envelope, type, key) {
  const payload = octets(envelope.payload);
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), octets(key.key)]);
  const known = createPublicKey({ key: spki, format: "der", type: "spki" });
  const [only, ...more] = envelope.signatures;
  const sound =
    envelope.payloadType === type &&
    more.length === 0 &&
    only.keyid === sha256(JSON.stringify(key)).slice(0, 16) &&
    verify(null, pae(type, payload), known, octets(only.sig));
  if (!sound) stop(3, "the answer is not signed by the registrar that the charter names");
  return JSON.parse(payload);
}

// record 2 and 6: leaf, line feed, envelope; what cannot be read is void, and has an index all the same.
function read(raw) {
  try {
    const payload = octets(JSON.parse(raw.subarray(raw.indexOf("\n") + 1)).payload);
    return { id: actId(payload), ...JSON.parse(payload) };
  } catch {
    return {};
  }
}

const me = own(keyFile);
const socket = new WebSocket(url, ["tacit.v1+json"]);
const send = (frame) => socket.send(JSON.stringify(frame));
let registrar, link, enrolment, said, handedIn, left = CREDIT;

const hears = {
  challenge({ nonce, organisation: theirs }) {
    if (theirs !== organisation) stop(3, `this gateway serves the organisation ${theirs}`);
    const audience = new URL(url).host;
    const claim = Buffer.from(JSON.stringify({ nonce, organisation, credential: me.credential, audience }));
    send({ frame: "sign_in", credential: me.credential, audience, signature: me.signature(SIGN_IN, claim) });
  },
  welcome({ charter }) {
    const payload = octets(charter.payload);
    if (actId(payload) !== organisation) stop(3, "this is not the charter of the organisation");
    const services = JSON.parse(payload).content.services;
    registrar = services.find((each) => each.office === "registrar").keys.find((key) => key.algorithm === "ed25519");
    send({ frame: "subscribe", after: -1, credit: CREDIT });
  },
  // Of all that is said only the place of our own next act is kept (act 8).
  entry({ entry }) {
    spend();
    const { id, header, content } = read(octets(entry));
    if (header === undefined || id === said) return;
    if (header.credential === me.credential && header.body === body && header.channel === channel) {
      link = { number: header.number + 1, previous: id };
    }
    const enrols = content.type === "credential.enrolled.v1" && sha256(JSON.stringify({ keys: content.keys }));
    if (enrols === me.credential) enrolment = { number: 1, previous: id };
  },
  withheld: () => spend(),
  caught_up({ size }) {
    console.log(`signed in as ${state}/${office}; the record has ${size} entries`);
    link ??= enrolment;
    if (link === undefined) stop(3, "the record has enrolled no such credential");
    send((handedIn = { frame: "submit", ref: 1, submission: composed(Date.now()) }));
  },
  receipt({ receipt }) {
    const leaf = opened(receipt, LEAF, registrar);
    if (leaf.act !== said) stop(3, "the receipt is about another act");
    stop(0, `recorded at ${leaf.index} as ${leaf.act}, received ${leaf.received_at}`);
  },
  refusal({ refusal }) {
    const { act, rule, detail } = opened(refusal, REFUSAL, registrar);
    if (act !== said) stop(3, "the refusal is about another act");
    stop(1, `refused: ${rule} (${detail})`);
  },
  // session: the same bytes again, and never the same number for something else.
  unavailable: () => setTimeout(() => send(handedIn), 1000),
  error: ({ rule, detail }) => stop(3, `the gateway refuses a frame: ${rule} (${detail})`),
  goodbye: ({ reason }) => stop(2, `the gateway says goodbye: ${reason}`),
};

function spend() {
  if (--left > CREDIT / 2) return;
  send({ frame: "credit", entries: CREDIT - left });
  left = CREDIT;
}

// act, vocabulary 8, detached: fields in the order of the tables, everything written, nothing else.
function composed(now) {
  const salt = randomBytes(32);
  const data = Buffer.from(text);
  const header = {
    v: 1, organisation, body, channel, state, office, credential: me.credential, capacity: "own", on_behalf_of: [],
    number: link.number, previous: link.previous, claimed_at: instant(now), not_after: instant(now + PLAYABLE_MS),
    seen: null, label: null, precedence: "ROUTINE", references: [], detached: sha256(Buffer.concat([salt, data])),
    releaser: null,
  };
  const payload = Buffer.from(JSON.stringify({ header, content: { type: "message.posted.v1", subject, in_reply_to: null } }));
  said = actId(payload);
  const envelope = { payload: base64(payload), payloadType: ACT, signatures: [me.signature(ACT, payload)] };
  return { envelope, detached: { salt: base64(salt), data: base64(data) } };
}

socket.addEventListener("message", ({ data }) => {
  const frame = JSON.parse(data);
  hears[frame.frame]?.(frame);
});
socket.addEventListener("close", ({ code }) => stop(2, `the connection ended (${code})`));
socket.addEventListener("error", () => stop(3, `no session at ${url}`));
setTimeout(() => stop(2, "nobody can say whether it was recorded"), WAIT_MS);
