import { useState } from "preact/hooks";
import { href, hrefWith, type Address } from "./address.ts";
import type { DeadLetter, Paged } from "./answers.ts";
import { ask, Problem, useAnswer } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, bytes, count, Empty, Heading, many, Panel, Refused, Time } from "./parts.tsx";

type Shown = string | { base64: string } | null;
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
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Came from</th>
            <th scope="col" class="number">Size</th>
            <th scope="col">Refused</th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={placeOf(letter)} aria-selected={placeOf(letter) === at}>
              <td>
                <a href={hrefWith({ at: placeOf(letter) })}>
                  <bdi>{letter.reason || "no reason"}</bdi>
                </a>
                <small class="under">
                  <bdi>{letter.error.slice(0, 140)}</bdi>
                </small>
              </td>
              <td>
                <bdi class="nowrap">{letter.source.replace(/:+$/, "") || "unknown"}</bdi>
                <small class="under">
                  <bdi>{letter.stage}</bdi>
                </small>
              </td>
              <td class="number">{bytes(letter.size_bytes)}</td>
              <td>
                <Time at={letter.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function One({ at, letter }: { at: string; letter: DeadLetter | undefined }) {
  const [partition, offset] = at.split(":").map(Number);
  const content = useAnswer<Letter>("/dead-letter", { partition, offset });
  const [sent, setSent] = useState<{ topic: string; partition: number; offset: number } | Problem | "sending" | null>(null);
  const redrive = async () => {
    setSent("sending");
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ partition, offset }) };
    setSent(await ask<{ topic: string; partition: number; offset: number }>("/dead-letters/redrive", {}, init).catch((problem: Problem) => problem));
  };
  return (
    <Panel title={`Letter ${at}`} class="half" more={letter && <span class="muted">{letter.stage}</span>}>
      <Answered answer={content}>
        {(found) => (
          <>
            <div class="panel-body">
              {letter?.error && <p class="letter-error">{letter.error}</p>}
              <div class="row">
                <button type="button" class="button button-strong" disabled={sent !== null && !(sent instanceof Problem)} onClick={() => void redrive()}>
                  Send it again
                </button>
                <span class="muted">the original bytes, to where they came from</span>
              </div>
              <div aria-live="polite">
                {sent === "sending" && <p class="muted">Sending …</p>}
                {sent instanceof Problem && <Refused problem={sent} />}
                {sent && sent !== "sending" && !(sent instanceof Problem) && (
                  <p class="badge-good">
                    Sent: {sent.topic}/{sent.partition}, offset {sent.offset}. If it is refused again, it comes back here.
                  </p>
                )}
              </div>
            </div>
            <dl class="pairs">
              <dt>Key</dt>
              <dd>
                <code>{text(found.key)}</code>
              </dd>
              {found.headers.map(([name, value], n) => (
                <>
                  <dt key={n}>
                    <bdi>{name}</bdi>
                  </dt>
                  <dd>
                    <bdi>{text(value)}</bdi>
                  </dd>
                </>
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

function text(shown: Shown): string {
  if (shown === null) return "none";
  return typeof shown === "string" ? shown : `base64 ${shown.base64}`;
}

function pretty(shown: Shown): string {
  try {
    return JSON.stringify(JSON.parse(text(shown)), null, 2);
  } catch {
    return text(shown);
  }
}
