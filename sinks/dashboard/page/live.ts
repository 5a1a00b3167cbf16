// One stream for all tabs: the tab that holds the lock reads it, and hands on what comes.
//
// A browser opens six connections to a server; a stream for each tab would use them up.
import { useEffect, useRef, useState } from "preact/hooks";
import { headers } from "./api.ts";

export interface LiveEvent { kind: string; id: string | null; data: any }
export type Standing = "connecting" | "live" | "lost" | "refused";

const QUIET_MS = 40_000;
const AGAIN_MS = 2_000;

const channel = new BroadcastChannel("headwater-live");
/** How one follows: whether the stream runs, and since when Kafka behind it does not answer. */
export interface Following { standing: Standing; silent_since: number | null }
interface Said { events?: LiveEvent[]; following?: Following; asked?: true }

const listeners = new Set<(events: LiveEvent[]) => void>();
const followers = new Set<(following: Following) => void>();
let following: Following = { standing: "connecting", silent_since: null };
let lastId: string | null = null;
let started = false;
let reading = false;

channel.onmessage = ({ data }: MessageEvent<Said>) => {
  if (data.asked && reading) channel.postMessage({ following });
  if (data.following) follows(data.following);
  if (data.events) tell(data.events);
};

function follows(now: Following): void {
  following = now;
  for (const each of followers) each(now);
}

function tell(events: LiveEvent[]): void {
  for (const event of events) if (event.id) lastId = event.id;
  for (const each of listeners) each(events);
}

/** Tell this tab and the others. */
function hand(events: LiveEvent[]): void {
  const kafka = events.findLast((event) => event.kind === "kafka");
  if (kafka) change({ silent_since: kafka.data.reachable ? null : (following.silent_since ?? Date.now()) });
  tell(events);
  channel.postMessage({ events });
}

function change(now: Partial<Following>): void {
  follows({ ...following, ...now });
  channel.postMessage({ following });
}

async function read(): Promise<void> {
  reading = true;
  for (;;) {
    const ended = await follow().catch((): Standing => "lost");
    change({ standing: ended });
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Read the stream as long as it lasts; return how it ended. */
async function follow(): Promise<Standing> {
  const stop = new AbortController();
  const again: Record<string, string> = lastId ? { "last-event-id": lastId } : {};
  const response = await fetch("/api/v1/live", { headers: { ...headers(), ...again }, signal: stop.signal, cache: "no-store" });
  if (!response.ok || !response.body) return response.status === 401 ? "refused" : "lost";
  const resumes = lastId !== null;
  let begun = false;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    // A heartbeat comes every 15 s: a longer silence is a line that is gone.
    const silence = setTimeout(() => stop.abort(), QUIET_MS);
    const { value, done } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return "lost";
    if (!begun) {
      // What comes from now on is told; what came since the page asked, before this, was not.
      begun = true;
      change({ standing: "live" });
      if (!resumes) hand([{ kind: "resync", id: null, data: { missed: null } }]);
    }
    const blocks = (text + value).split("\n\n");
    text = blocks.pop()!;
    const events = blocks.map(parsed).filter((event) => event !== null);
    if (events.length) hand(events);
  }
}

function parsed(block: string): LiveEvent | null {
  const found: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) found[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return found.data === undefined ? null : { kind: found.event ?? "message", id: found.id ?? null, data: JSON.parse(found.data) };
}

function start(): void {
  if (started) return;
  started = true;
  channel.postMessage({ asked: true });
  if (navigator.locks) void navigator.locks.request("headwater-live", read);
  else void read();
}

export function useFollowing(): Following {
  const [now, setNow] = useState(following);
  useEffect(() => {
    start();
    followers.add(setNow);
    setNow(following);
    return () => void followers.delete(setNow);
  }, []);
  return now;
}

/** Be told of what comes, at most so often: many events make one change of the page. */
export function useLive(take: (events: LiveEvent[]) => void, every_ms = 100): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    start();
    let waiting: LiveEvent[] = [];
    let timer = 0;
    const add = (events: LiveEvent[]) => {
      waiting.push(...events);
      timer ||= window.setTimeout(() => {
        const taken = waiting;
        [waiting, timer] = [[], 0];
        latest.current(taken);
      }, every_ms);
    };
    listeners.add(add);
    return () => {
      listeners.delete(add);
      clearTimeout(timer);
    };
  }, []);
}

/** Return a number that grows when something of these kinds has come, at most once a while. */
export function useArrivals(kinds: string[], every_ms = 300): number {
  const [count, setCount] = useState(0);
  useLive((events) => {
    if (events.some((event) => event.kind === "resync" || kinds.includes(event.kind))) setCount((n) => n + 1);
  }, every_ms);
  return count;
}
