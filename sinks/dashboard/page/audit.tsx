import { useEffect, useRef, useState } from "preact/hooks";
import { go, href, hrefWith, type Address } from "./address.ts";
import { answered, ask, Problem, useAnswer, type Asked } from "./api.ts";
import { useArrivals } from "./live.ts";
import { Answered, bytes, Copyable, count, Empty, Heading, many, Panel, Refused, Time } from "./parts.tsx";
import { pretty } from "./shown.ts";
import { Table, type Column } from "./table.tsx";
import { check, type Check, type Proof } from "./proof.ts";

interface Head { topic: string; partition: number; size: number; root: string; at: string }
interface Heads { name: string; key: string; heads: Head[]; notes_count: number }
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

function HeadTable({ heads, place }: { heads: Head[]; place: Place }) {
  if (!heads.length) return <Empty title="Nothing is signed yet">A head is signed after 10,000 messages or 10 seconds.</Empty>;
  const chosen = (head: Head) => head.topic === place.topic && head.partition === place.partition;
  return <Table columns={HEADS} rows={heads} keyOf={(head) => `${head.topic}/${head.partition}`} chosen={chosen} />;
}

const HEADS: Column<Head>[] = [
  {
    title: "Log",
    cell: ({ topic, partition }) => (
      <a href={href("audit", { topic, partition: String(partition) })}>
        {topic}/{partition}
      </a>
    ),
  },
  { title: "Messages", number: true, cell: ({ size }) => count(size) },
  { title: "Root", cell: ({ root }) => <Copyable text={root} shown={`${root.slice(0, 12)}…`} /> },
  { title: "Signed", cell: ({ at }) => <Time at={at} /> },
];

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

const ENTRIES: Column<Logged>[] = [
  { title: "Offset", number: true, cell: ({ offset }) => offset },
  { title: "What", cell: ({ kind }) => kind },
  { title: "Key", cell: ({ key }) => <bdi>{key}</bdi> },
  { title: "Record", cell: ({ id }) => (id ? <Copyable text={id} shown={`${id.slice(0, 12)}…`} /> : <span class="muted">–</span>) },
  { title: "Size", number: true, cell: ({ size_bytes }) => bytes(size_bytes) },
  { title: "Written", cell: ({ timestamp_ms }) => <Time at={new Date(timestamp_ms).toISOString()} /> },
  {
    title: <span class="quiet-text">Proof</span>,
    cell: ({ topic, partition, offset }) => (
      <a href={hrefWith({ topic, partition: String(partition), offset: String(offset) })} aria-label={`Prove offset ${offset}`}>
        Prove
      </a>
    ),
  },
];

function Log({ place }: { place: Place }) {
  const entries = useAnswer<Logged[]>("/ledger/entries", { topic: place.topic, partition: place.partition, before: place.before, limit: PAGE });
  const last = entries.value?.at(-1);
  return (
    <Panel title={`${place.topic}/${place.partition}`} more={<span class="muted">newest first; choose one to prove it</span>}>
      <Answered answer={entries}>
        {(found) =>
          found.length ? (
            <>
              <Table columns={ENTRIES} rows={found} keyOf={(entry) => String(entry.offset)} chosen={(entry) => String(entry.offset) === place.offset} />
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
  const [outcome, setOutcome] = useState<{ proof: Proof; checks: Check[] } | { problem: Problem } | null>(null);
  const panel = useRef<HTMLDivElement>(null);
  const asked: Asked = { topic: place.topic, partition: place.partition, offset: place.offset };
  useEffect(() => panel.current?.scrollIntoView({ block: "nearest" }), []);
  const prove = async () => {
    setOutcome(null);
    const proof = await ask<Proof>("/ledger/proof", asked);
    const checks = await check(proof, key);
    localStorage.setItem(KNOWN, key.trim());
    setOutcome({ proof, checks });
  };
  const trying = (act: () => Promise<void>) => () => void act().catch((error: Error) => setOutcome({ problem: asProblem(error) }));
  const held = outcome && "checks" in outcome && outcome.checks.every((each) => each.held);
  return (
    <div ref={panel}>
      <Panel title={`Proof of offset ${place.offset}`} more={<span class="muted">{place.topic}/{place.partition}</span>}>
        <div class="panel-body">
          <label class="key-field">
            The key that you know the ledger by
            <input value={key} spellcheck={false} onInput={(event) => setKey(event.currentTarget.value)} />
          </label>
          <div class="row">
            <button type="button" class="button button-strong" onClick={trying(prove)}>
              Check it here
            </button>
            <button type="button" class="button" onClick={trying(() => download(asked))}>
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
            <pre class="raw" tabIndex={0} aria-label="The message">{pretty(outcome.proof.entry.value)}</pre>
          </>
        )}
      </Panel>
    </div>
  );
}

function asProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  return new Problem("unchecked", error.message || "the proof cannot be checked here", "Download it, and check it with `headwater audit check`.");
}

/** Save the proof as it came: it is checked byte for byte. */
async function download(asked: Asked): Promise<void> {
  const response = await answered("/ledger/proof", asked);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "proof.json";
  link.click();
  URL.revokeObjectURL(link.href);
}
