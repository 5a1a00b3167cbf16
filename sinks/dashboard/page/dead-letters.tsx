import { useState } from "preact/hooks";
import { href, hrefWith, type Address } from "./address.ts";
import type { DeadLetter, Paged, Position } from "./answers.ts";
import { ask, Problem, useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Pair } from "./pairs.tsx";
import { Answered, bytes, count, Empty, Heading, many, Panel, Refused, Time } from "./parts.tsx";
import { pretty, text, type Shown } from "./shown.ts";
import { Table, type Column } from "./table.tsx";

interface Letter { topic: string; partition: number; offset: number; key: Shown; value: Shown; headers: [string, Shown][]; size_bytes: number; shown_bytes: number }

export function DeadLettersPage({ address }: { address: Address }) {
  const letters = useAnswer<Paged<DeadLetter>>("/dead-letters", { limit: 500 }, useArrivals(["dead_letter"]));
  const reason = address.query.get("reason");
  const at = address.query.get("at");
  return (
    <>
      <Heading title="Dead letters">
        {letters.value && <span>{many(letters.value.count, "message")} refused, each as it came</span>}
      </Heading>
      <Answered answer={letters}>
        {({ items }) => {
          if (!items.length) return <Empty title="No event was refused">What cannot be read stands here with its reason, byte for byte.</Empty>;
          const reasons = Map.groupBy(items, (each) => each.reason);
          const shown = reason === null ? items : items.filter((each) => each.reason === reason);
          return (
            <>
              <p class="names reasons">
                <a class="button" href={href("dead-letters")} aria-current={reason === null ? "true" : undefined}>
                  All {count(items.length)}
                </a>
                {[...reasons].map(([each, of]) => (
                  <a key={each} class="button" href={href("dead-letters", { reason: each })} aria-current={reason === each ? "true" : undefined}>
                    <bdi>{each || "no reason"}</bdi> {count(of.length)}
                  </a>
                ))}
              </p>
              <div class="grid">
                <Panel title="Refused" class={at ? "half" : ""}>
                  <Letters letters={shown} at={at} />
                </Panel>
                {at && <One key={at} at={at} letter={items.find((each) => placeOf(each) === at)} />}
              </div>
            </>
          );
        }}
      </Answered>
    </>
  );
}

function placeOf(letter: DeadLetter): string {
  return `${letter.position.partition}:${letter.position.offset}`;
}

function Letters({ letters, at }: { letters: DeadLetter[]; at: string | null }) {
  return <Table columns={COLUMNS} rows={letters} keyOf={placeOf} chosen={(letter) => placeOf(letter) === at} />;
}

const COLUMNS: Column<DeadLetter>[] = [
  {
    title: "Reason",
    cell: (letter) => (
      <>
        <a href={hrefWith({ at: placeOf(letter) })}>
          <bdi>{letter.reason || "no reason"}</bdi>
        </a>
        <small class="under">
          <bdi>{letter.error.slice(0, 140)}</bdi>
        </small>
      </>
    ),
  },
  {
    title: "Came from",
    cell: ({ source, stage }) => (
      <>
        <bdi class="nowrap">{source.replace(/:+$/, "") || "unknown"}</bdi>
        <small class="under">
          <bdi>{stage}</bdi>
        </small>
      </>
    ),
  },
  { title: "Size", number: true, cell: ({ size_bytes }) => bytes(size_bytes) },
  { title: "Refused", cell: ({ at }) => <Time at={at} /> },
];

function One({ at, letter }: { at: string; letter: DeadLetter | undefined }) {
  const [partition, offset] = at.split(":").map(Number);
  const content = useAnswer<Letter>("/dead-letter", { partition, offset });
  return (
    <Panel title={`Letter ${at}`} class="half" more={letter && <span class="muted">{letter.stage}</span>}>
      <Answered answer={content}>
        {(found) => (
          <>
            <div class="panel-body">
              {letter?.error && <p class="letter-error">{letter.error}</p>}
              <Redrive partition={partition} offset={offset} size={found.size_bytes} />
            </div>
            <dl class="pairs">
              <Pair name="Key">
                <code>{text(found.key)}</code>
              </Pair>
              {found.headers.map(([name, value], n) => (
                <Pair key={n} name={name}>
                  <bdi>{text(value)}</bdi>
                </Pair>
              ))}
            </dl>
            <pre class="raw" tabIndex={0} aria-label="Its content">{pretty(found.value)}</pre>
            {found.size_bytes > found.shown_bytes && (
              <p class="pager">
                The first {bytes(found.shown_bytes)} of {bytes(found.size_bytes)}
              </p>
            )}
          </>
        )}
      </Answered>
    </Panel>
  );
}

type Sending = "idle" | "asked" | "sending" | Position | Problem;

/** Send a letter to where it came from, once the reader has said so twice. */
function Redrive({ partition, offset, size }: { partition: number; offset: number; size: number }) {
  const [state, setState] = useState<Sending>("idle");
  const redrive = async () => {
    setState("sending");
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ partition, offset }) };
    setState(await ask<Position>("/dead-letters/redrive", {}, init).catch((problem: Problem) => problem));
  };
  return (
    <div aria-live="polite" class="redrive">
      {state === "idle" && (
        <button type="button" class="button" onClick={() => setState("asked")}>
          Send it again …
        </button>
      )}
      {state === "asked" && (
        <div class="row">
          <span>Put the original {bytes(size)} where they came from, at the end?</span>
          <button type="button" class="button button-strong" ref={(button) => button?.focus()} onClick={() => void redrive()}>
            Send
          </button>
          <button type="button" class="button button-quiet" onClick={() => setState("idle")}>
            Not now
          </button>
        </div>
      )}
      {state === "sending" && <p class="muted">Sending …</p>}
      {state instanceof Problem && (
        <>
          <Refused problem={state} />
          <button type="button" class="button" onClick={() => setState("idle")}>
            Try again
          </button>
        </>
      )}
      {typeof state === "object" && "topic" in state && (
        <p class="badge-good">
          Sent: {state.topic}/{state.partition}, offset {state.offset}. If it is refused again, it comes back here.
        </p>
      )}
    </div>
  );
}
