// Search first: a combobox that knows columns, datasets, jobs and models.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ask, Problem } from "./api.ts";
import { full, short, type Hit, type Search } from "./answers.ts";
import { go, href } from "./address.ts";

const WAIT_MS = 120;

export function addressOf(hit: Hit): string {
  const whole = full({ ...hit.name, field: undefined });
  if (hit.kind === "model") return href("models", { model: whole, version: hit.name.version });
  if (hit.kind === "job") return href("runs", { job: whole });
  return href("lineage", { subject: whole, column: hit.kind === "column" ? full(hit.name) : null });
}

export function nameOf(hit: Hit): string {
  if (hit.kind === "column" || hit.kind === "dataset") return short(hit.name);
  return hit.kind === "model" ? `${hit.name.name} @ ${hit.name.version?.slice(0, 12)}` : hit.name.name;
}

interface Props {
  label?: string;
  placeholder?: string;
  kinds?: Hit["kind"][];
  choose?: (hit: Hit) => void;
  focus?: boolean;
  value?: string;
}

export function SearchBox({ label = "Search columns, datasets, jobs and models", placeholder = "Search  /", kinds, choose, focus, value = "" }: Props) {
  const [text, setText] = useState(value);
  const [found, setFound] = useState<Search | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const hits = found?.hits.filter((hit) => !kinds || kinds.includes(hit.kind)) ?? [];

  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (!text.trim() || !open) return setFound(null);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      ask<Search>("/search", { q: text.trim(), limit: 30 }, { signal: stop.signal }).then(
        (answer) => (setFound(answer), setActive(0), setProblem(null)),
        (error) => stop.signal.aborted || (setFound(null), setProblem(error)),
      );
    }, WAIT_MS);
    return () => (clearTimeout(timer), stop.abort());
  }, [text, open]);
  useEffect(() => {
    if (kinds) return;
    const slash = (event: KeyboardEvent) => {
      if (event.key !== "/" || (event.target as Element).closest("input, textarea, select")) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", slash);
    return () => document.removeEventListener("keydown", slash);
  }, []);

  const take = (hit: Hit | undefined) => {
    if (!hit) return;
    setOpen(false);
    if (choose) choose(hit);
    else {
      setText("");
      go(addressOf(hit));
    }
    input.current?.blur();
  };
  const press = (event: KeyboardEvent) => {
    const last = hits.length - 1;
    if (event.key === "ArrowDown") setActive((n) => Math.min(n + 1, last));
    else if (event.key === "ArrowUp") setActive((n) => Math.max(n - 1, 0));
    else if (event.key === "Enter") take(hits[active]);
    else if (event.key === "Escape") (setOpen(false), input.current?.blur());
    else return;
    event.preventDefault();
  };
  const shown = open && text.trim() !== "" && (found !== null || problem !== null);
  return (
    <div class="search">
      <input
        ref={input}
        type="search"
        list={undefined}
        role="combobox"
        aria-label={label}
        aria-expanded={shown}
        aria-controls={`${id}-hits`}
        aria-activedescendant={shown && hits.length ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        autofocus={focus}
        onInput={(event) => (setText(event.currentTarget.value), setOpen(true))}
        onFocus={(event) => (setOpen(true), event.currentTarget.select())}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={press}
      />
      <ul class="hits" id={`${id}-hits`} role="listbox" aria-label="Hits" hidden={!shown}>
        {hits.map((hit, n) => (
          <li
            key={hit.kind + full(hit.name) + hit.name.version}
            id={`${id}-${n}`}
            role="option"
            aria-selected={n === active}
            onMouseDown={(event) => (event.preventDefault(), take(hit))}
            onMouseEnter={() => setActive(n)}
          >
            <span class={`kind kind-${hit.kind}`}>{hit.kind}</span>
            <bdi class="hit-name">{nameOf(hit)}</bdi>
            <small>
              <bdi>{hit.kind === "job" || hit.kind === "model" ? hit.name.namespace : `${hit.name.namespace}/${hit.name.name}`}</bdi>
            </small>
          </li>
        ))}
        {shown && !hits.length && (
          <li class="no-hits" role="option" aria-selected="false" aria-disabled="true">
            {problem ? problem.message : "Nothing is named so."}
          </li>
        )}
      </ul>
    </div>
  );
}
