// Checks a proof in the browser: nothing the server says is believed, but the key the reader gives.
//
// The formats are those of docs/ledger.md: RFC 9162 trees, C2SP signed notes.

import type { Shown } from "./shown.ts";

export interface Proof {
  format: string;
  entry: { topic: string; partition: number; offset: number; timestamp_ms: number; key: Shown; value: Shown; headers: [string, Shown][] };
  path: string[];
  heads: string[];
}
export interface Check { said: string; more: string; held: boolean }

const text = new TextEncoder();

function bytesOf(shown: Shown): Uint8Array | null {
  if (shown === null) return null;
  return typeof shown === "string" ? text.encode(shown) : unbase64(shown.base64);
}

function unbase64(encoded: string): Uint8Array {
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export function hex(data: Uint8Array): string {
  return [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function integer(value: number, size: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 4) view.setUint32(0, value);
  else view.setBigInt64(0, BigInt(value));
  return new Uint8Array(view.buffer);
}

function lengthAnd(data: Uint8Array): Uint8Array {
  return joined(integer(data.length, 4), data);
}

function optional(data: Uint8Array | null): Uint8Array {
  return data === null ? new Uint8Array([0]) : joined(new Uint8Array([1]), lengthAnd(data));
}

/** Return the hash of the message as it lies in the log. */
export function leafHash(entry: Proof["entry"]): Promise<Uint8Array> {
  const headers = entry.headers.flatMap(([name, value]) => [lengthAnd(text.encode(name)), optional(bytesOf(value))]);
  return sha256(
    joined(
      new Uint8Array([0]),
      text.encode("headwater-leaf/1\n"),
      lengthAnd(text.encode(entry.topic)),
      integer(entry.partition, 4),
      integer(entry.offset, 8),
      integer(entry.timestamp_ms, 8),
      optional(bytesOf(entry.key)),
      optional(bytesOf(entry.value)),
      integer(entry.headers.length, 4),
      ...headers,
    ),
  );
}

/** Return the root that a path leads to from a leaf; null if it cannot be one (RFC 9162, 2.1.3.2). */
export async function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Promise<Uint8Array | null> {
  if (index < 0 || index >= size) return null;
  let [place, last, root] = [BigInt(index), BigInt(size - 1), leaf];
  const node = (left: Uint8Array, right: Uint8Array) => sha256(joined(new Uint8Array([1]), left, right));
  for (const sibling of path) {
    if (last === 0n) return null;
    if (place & 1n || place === last) {
      root = await node(sibling, root);
      while (!(place & 1n) && place) [place, last] = [place >> 1n, last >> 1n];
    } else root = await node(root, sibling);
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n ? root : null;
}

interface Note { text: string; lines: string[]; signatures: { name: string; id: string; signature: Uint8Array<ArrayBuffer> }[] }

function noteOf(note: string): Note {
  const border = note.lastIndexOf("\n\n");
  const signed = note.slice(0, border + 1);
  const signatures = note
    .slice(border + 2)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line)!;
      const data = unbase64(encoded);
      return { name, id: hex(data.slice(0, 4)), signature: joined(data.slice(4)) };
    });
  return { text: signed, lines: signed.split("\n"), signatures };
}

interface Key { name: string; material: Uint8Array; text: string }

function keyOf(key: string): Key {
  const [name, , encoded] = key.trim().split("+");
  const data = unbase64(key.trim().slice(name.length + 10));
  if (!encoded || data.length !== 33 || data[0] !== 1) throw new Error("this is no Ed25519 key of a ledger");
  return { name, material: data.slice(1), text: key.trim() };
}

async function signedBy(note: Note, key: Key, name: string): Promise<boolean> {
  const id = hex((await sha256(joined(text.encode(`${name}\n`), new Uint8Array([1]), key.material))).slice(0, 4));
  const imported = await crypto.subtle.importKey("raw", joined(key.material), "Ed25519", false, ["verify"]);
  const found = note.signatures.filter((each) => each.name === name && each.id === id);
  const verdicts = await Promise.all(found.map((each) => crypto.subtle.verify("Ed25519", imported, each.signature, text.encode(note.text))));
  return verdicts.length > 0 && verdicts.every(Boolean);
}

/** Check a proof step by step, by the key that the reader knows the ledger by. */
export async function check(proof: Proof, trusted: string): Promise<Check[]> {
  const { entry, path, heads } = proof;
  const checks: Check[] = [];
  const leaf = await leafHash(entry);
  checks.push({ said: "The message was hashed here", more: hex(leaf), held: proof.format === "headwater-proof/1" });
  const notes = heads.map(noteOf);
  const head = notes.at(-1)!;
  const [origin, size, root] = head.lines;
  const reached = await rootOf(leaf, entry.offset, Number(size), path.map(unbase64));
  const same = reached !== null && hex(reached) === hex(unbase64(root));
  checks.push({ said: `${path.length} hashes lead from it to the root of ${size} messages`, more: reached ? hex(reached) : "they lead nowhere", held: same });
  const own = keyOf(trusted);
  checks.push({ said: "The head is of this log", more: origin, held: origin === `${own.name}/${entry.topic}/${entry.partition}` });
  const chain = await keysOf(notes.slice(0, -1));
  checks.push({ said: "The key that signed it follows from the one you know", more: own.text, held: chain.length > 0 && chain.some((key) => key.text === own.text) });
  const last = chain.at(-1);
  checks.push({ said: "The head is signed by it", more: head.lines[3] ?? "", held: last !== undefined && (await signedBy(head, last, origin)) });
  return checks;
}

/** Return the ledger's keys, each signed by itself and by the one before. */
async function keysOf(notes: Note[]): Promise<Key[]> {
  const keys: Key[] = [];
  for (const note of notes) {
    const key = keyOf(note.lines[2]);
    const origin = `${key.name}/keys`;
    const signers = [...keys.slice(-1), key];
    const signed = await Promise.all(signers.map((signer) => signedBy(note, signer, origin)));
    if (note.lines[0] !== origin || Number(note.lines[1]) !== keys.length || !signed.every(Boolean)) return [];
    keys.push(key);
  }
  return keys;
}
