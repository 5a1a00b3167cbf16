// Small parts that every page uses.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { full, leaf, where, type DatasetName, type Named } from "./answers.ts";
import { signIn, type Answer, type Problem } from "./api.ts";
import { href } from "./address.ts";

/** Show an answer, or why there is none yet, or never. */
export function Answered<T>({ answer, children, lines = 6 }: { answer: Answer<T>; children: (value: T) => ComponentChildren; lines?: number }) {
  if (answer.problem) return <Refused problem={answer.problem} />;
  if (answer.value === null) return <Loading lines={lines} />;
  return <>{children(answer.value)}</>;
}

export function Loading({ lines }: { lines: number }) {
  return (
    <div class="loading" role="status">
      <span class="quiet-text">Loading</span>
      {Array.from({ length: lines }, (_, n) => (
        <span key={n} class={`bone bone-${n % 4}`} />
      ))}
    </div>
  );
}

export function Refused({ problem }: { problem: Problem }) {
  if (problem.code === "unauthenticated") return <SignIn />;
  return (
    <div class="notice notice-problem" role="alert">
      <strong>{worded(sentence(problem.message))}</strong>
      {problem.remedy && <p>{worded(problem.remedy)}</p>}
    </div>
  );
}

/** Return a text with what stands between backticks as code. */
function worded(text: string): ComponentChildren {
  return text.split("`").map((part, n) => (n % 2 ? <code key={n}>{part}</code> : part));
}

function SignIn() {
  const [given, setGiven] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    signIn(given.trim());
    location.reload();
  };
  return (
    <form class="notice" onSubmit={submit}>
      <label for="token">
        <strong>A token is needed here.</strong>
      </label>
      <p>It stays in this tab only, and goes to no other server.</p>
      <div class="row">
        <input id="token" type="password" autocomplete="off" value={given} onInput={(e) => setGiven(e.currentTarget.value)} />
        <button class="button" type="submit">Use it</button>
      </div>
    </form>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Headwater`;
  }, [title]);
}

export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  useTitle(title);
  return (
    <header class="heading">
      <h1>{title}</h1>
      <div class="heading-more">{children}</div>
    </header>
  );
}

export function Panel({ title, more, children, id, class: name = "" }: { title: string; more?: ComponentChildren; children: ComponentChildren; id?: string; class?: string }) {
  return (
    <section class={`panel ${name}`} id={id}>
      <div class="panel-head">
        <h2>{title}</h2>
        {more}
      </div>
      {children}
    </section>
  );
}

export function Tile({ title, figure, more, hint, children }: { title: string; figure: ComponentChildren; more?: ComponentChildren; hint?: string; children?: ComponentChildren }) {
  return (
    <section class="tile">
      <h2 title={hint ?? title}>
        <bdi>{title}</bdi>
      </h2>
      <strong>
        {figure} {more !== undefined && <small>{more}</small>}
      </strong>
      {children}
    </section>
  );
}

export function DatasetLinkTo({ name, focus }: { name: DatasetName; focus?: Named }) {
  return (
    <a class="dataset" href={href("lineage", { subject: full(focus ?? name) })} title={full(focus ?? name)}>
      <bdi>{leaf(name.name)}</bdi>
      <small>
        <bdi>{where(name)}</bdi>
      </small>
    </a>
  );
}

const STATES: Record<string, [string, string]> = {
  COMPLETE: ["good", "✓"],
  FAIL: ["bad", "✕"],
  ABORT: ["warn", "■"],
  START: ["busy", "▸"],
  RUNNING: ["busy", "▸"],
};

export function State({ state }: { state: string }) {
  const [tone, mark] = STATES[state] ?? ["plain", "•"];
  return (
    <span class={`badge badge-${tone}`}>
      <span aria-hidden="true">{mark}</span> {state.toLowerCase()}
    </span>
  );
}

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {told(at)}
    </time>
  );
}

const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export function told(at: string | Date): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return String(at);
  return `${DAY.format(time)}, ${CLOCK.format(time)}`;
}

export function clock(at: string | number): string {
  return CLOCK.format(new Date(at));
}

const NUMBER = new Intl.NumberFormat("en");

export function count(n: number): string {
  return NUMBER.format(n);
}

export function many(n: number, one: string, several = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : several}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = ms / 60_000;
  return minutes < 60 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}

export function nanoseconds(ns: number | null | undefined): string {
  if (ns === null || ns === undefined) return "–";
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toPrecision(3)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toPrecision(3)} ms`;
  return `${(ns / 1e9).toPrecision(3)} s`;
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let n = 0;
  while (size >= 1024 && n < units.length - 1) [size, n] = [size / 1024, n + 1];
  return `${n && size < 100 ? size.toFixed(1) : Math.round(size)} ${units[n]}`;
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function Copyable({ text, shown = text }: { text: string; shown?: string }) {
  const [done, setDone] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setDone(true));
  useEffect(() => {
    const timer = done ? setTimeout(() => setDone(false), 1500) : 0;
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button type="button" class="copyable" title={`Copy ${text}`} onClick={copy}>
      <code>{shown}</code>
      <span aria-live="polite">{done ? "copied" : ""}</span>
    </button>
  );
}
