import { useState } from "preact/hooks";
import { go, href, hrefWith, type Address } from "./address.ts";
import { ask, path, Problem, useAnswer, headers } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, bytes, Copyable, count, Empty, Heading, many, Panel, Refused, Time, told } from "./parts.tsx";
import { check, type Check, type Proof } from "./proof.ts";

interface Heads { name: string; key: string; heads: { topic: string; partition: number; size: number; root: string; at: string }[]; notes_count: number }
interface Logged { topic: string; partition: number; offset: number; timestamp_ms: number; key: string; kind: string; id: string | null; size_bytes: number }

const PAGE = 25;
const KNOWN = "headwater-ledger-key";

export function AuditPage({ address }: { address: Address }) {
  const heads = useAnswer<Heads>("/ledger/heads", {}, useArrivals(["record"], 10_000));
  const place = {
    topic: address.query.get("topic") ?? "lineage.records",
    partition: Number(address.query.get("partition") ?? 0),
    before: address.query.get("before"),
    offset: address.query.get("offset"),
  };
  return (
    <>
      <Heading title="Audit">
        <span>Whether what was recorded is still what was recorded.</span>
      </Heading>
      <Answered answer={heads}>
        {(found) => (
          <>
            <div class="grid">
              <Panel title="Signed heads" class="half" more={<span class="muted">{many(found.notes_count, "note")} signed</span>}>
                <HeadTable heads={found.heads} place={place} />
              </Panel>
              <div class="half stack">
                <Key heads={found} />
                {place.offset !== null && <Proving key={`${place.topic} ${place.partition} ${place.offset}`} heads={found} place={{ ...place, offset: Number(place.offset) }} />}
              </div>
            </div>
            <Log place={place} />
          </>
        )}
      </Answered>
    </>
  );
}

interface Place { topic: string; partition: number; before: string | null; offset: string | null }

function HeadTable({ heads, place }: { heads: Heads["heads"]; place: Place }) {
  if (!heads.length) return <Empty title="Nothing is signed yet">A head is signed after 10,000 messages or 10 seconds.</Empty>;
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Log</th>
            <th scope="col" class="number">Messages</th>
            <th scope="col">Root</th>
            <th scope="col">Signed</th>
          </tr>
        </thead>
        <tbody>
          {heads.map((head) => (
            <tr key={`${head.topic}/${head.partition}`} aria-selected={head.topic === place.topic && head.partition === place.partition}>
              <td>
                <a href={href("audit", { topic: head.topic, partition: String(head.partition) })}>
                  {head.topic}/{head.partition}
                </a>
              </td>
              <td class="number">{count(head.size)}</td>
              <td>
                <Copyable text={head.root} shown={`${head.root.slice(0, 12)}…`} />
              </td>
              <td>
                <Time at={head.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Key({ heads }: { heads: Heads }) {
  return (
    <Panel title={heads.name}>
      <div class="panel-body">
        <Copyable text={heads.key} />
        <p class="muted">The ledger's public key. Compare it with the one that you were given by another way: a key that comes with the data proves nothing of it.</p>
      </div>
    </Panel>
  );
}

function Log({ place }: { place: Place }) {
  const entries = useAnswer<Logged[]>("/ledger/entries", { topic: place.topic, partition: place.partition, before: place.before, limit: PAGE });
  const last = entries.value?.at(-1);
  return (
    <Panel title={`${place.topic}/${place.partition}`} more={<span class="muted">newest first; choose one to prove it</span>}>
      <Answered answer={entries}>
        {(found) =>
          found.length ? (
            <>
              <div class="table">
                <table>
                  <thead>
                    <tr>
                      <th scope="col" class="number">Offset</th>
                      <th scope="col">What</th>
                      <th scope="col">Key</th>
                      <th scope="col">Record</th>
                      <th scope="col" class="number">Size</th>
                      <th scope="col">Written</th>
                      <th scope="col">
                        <span class="quiet-text">Proof</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.map((entry) => (
                      <tr key={entry.offset} aria-selected={String(entry.offset) === place.offset}>
                        <td class="number">{entry.offset}</td>
                        <td>{entry.kind}</td>
                        <td>
                          <bdi>{entry.key}</bdi>
                        </td>
                        <td>{entry.id ? <Copyable text={entry.id} shown={`${entry.id.slice(0, 12)}…`} /> : <span class="muted">–</span>}</td>
                        <td class="number">{bytes(entry.size_bytes)}</td>
                        <td>{told(new Date(entry.timestamp_ms))}</td>
                        <td>
                          <a href={hrefWith({ topic: place.topic, partition: String(place.partition), offset: String(entry.offset) })} aria-label={`Prove offset ${entry.offset}`}>
                            Prove
                          </a>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <div class="pager">
                <button type="button" class="button" disabled={!last || last.offset === 0} onClick={() => go(hrefWith({ before: String(last!.offset) }))}>
                  Older
                </button>
                {place.before && (
                  <button type="button" class="button" onClick={() => go(hrefWith({ before: null }))}>
                    Newest
                  </button>
                )}
              </div>
            </>
          ) : (
            <Empty title="Nothing lies here" />
          )
        }
      </Answered>
    </Panel>
  );
}

function Proving({ heads, place }: { heads: Heads; place: { topic: string; partition: number; offset: number } }) {
  const [key, setKey] = useState(localStorage.getItem(KNOWN) ?? heads.key);
  const [outcome, setOutcome] = useState<{ checks: Check[] } | { problem: Problem } | null>(null);
  const [proof, setProof] = useState<Proof | null>(null);
  const asked = { topic: place.topic, partition: place.partition, offset: place.offset };
  const prove = async () => {
    setOutcome(null);
    try {
      const found = await ask<Proof>("/ledger/proof", asked);
      setProof(found);
      const checks = await check(found, key);
      localStorage.setItem(KNOWN, key.trim());
      setOutcome({ checks });
    } catch (error) {
      setOutcome({ problem: error instanceof Problem ? error : new Problem("unchecked", (error as Error).message || "the proof cannot be checked here", "Download it, and check it with `headwater audit check`.") });
    }
  };
  const held = outcome && "checks" in outcome && outcome.checks.every((each) => each.held);
  return (
    <Panel title={`Proof of offset ${place.offset}`} more={<span class="muted">{place.topic}/{place.partition}</span>}>
      <div class="panel-body">
        <label class="key-field">
          The key that you know the ledger by
          <input value={key} spellcheck={false} onInput={(event) => setKey(event.currentTarget.value)} />
        </label>
        <div class="row">
          <button type="button" class="button button-strong" onClick={() => void prove()}>
            Check it here
          </button>
          <button type="button" class="button" onClick={() => void download(asked)}>
            Download proof.json
          </button>
        </div>
        {outcome && "problem" in outcome && <Refused problem={outcome.problem} />}
      </div>
      {outcome && "checks" in outcome && (
        <>
          <ul class="checks" aria-live="polite">
            {outcome.checks.map((each) => (
              <li key={each.said}>
                <span class={`mark badge-${each.held ? "good" : "bad"}`} role="img" aria-label={each.held ? "holds" : "does not hold"}>
                  {each.held ? "✓" : "✕"}
                </span>
                <span>
                  {each.said}
                  <br />
                  <small>
                    <code>{each.more}</code>
                  </small>
                </span>
              </li>
            ))}
          </ul>
          <p class={`verdict verdict-${held ? "good" : "bad"}`} role="status">
            {held ? "Proven: this message is in the log as it was signed." : "Not proven."}
          </p>
          {proof && typeof proof.entry.value === "string" && <pre class="raw" tabIndex={0}>{pretty(proof.entry.value)}</pre>}
        </>
      )}
    </Panel>
  );
}

/** Save the proof as it came: it is checked byte for byte. */
async function download(asked: Record<string, string | number>): Promise<void> {
  const response = await fetch(path("/ledger/proof", asked), { headers: headers() });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "proof.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

function pretty(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
