import type { ComponentChildren } from "preact";
import { bytes, Copyable, count } from "./parts.tsx";

interface Props {
  name: string;
  value?: string | number | boolean | null;
  copy?: boolean;
  children?: ComponentChildren;
}

/** A name and what it stands for, or nothing where that is not known. */
export function Pair({ name, value, copy, children }: Props) {
  if (children === undefined && (value === null || value === undefined || value === "")) return null;
  return (
    <>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd>{children ?? <Value name={name} value={value!} copy={copy} />}</dd>
    </>
  );
}

function Value({ name, value, copy }: { name: string; value: string | number | boolean; copy?: boolean }) {
  const text = typeof value === "number" ? figure(value) : String(value);
  if (copy) return <Copyable text={text} />;
  // A size is told in bytes whether it came as a number or as text.
  if (name.endsWith("_bytes") && Number(value) >= 1024) return <bdi title={text}>{bytes(Number(value))}</bdi>;
  return <bdi title={text}>{text}</bdi>;
}

export function figure(value: number): string {
  return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(5)));
}

/** Return enough of a version to tell it from others: of a hash, the first digits. */
export function brief(version: string): string {
  return /:([0-9a-f]{12})[0-9a-f]*$/.exec(version)?.[1] ?? version.slice(0, 20);
}
