import type { Tone } from "./picture.ts";

interface Props {
  id: string;
  columns: string[];
  count: number;
  /** How columns hang on the one that is chosen. */
  tones?: Map<string, Tone | "subject">;
  onColumn: (id: string, column: string) => void;
}

/** The columns of a dataset, each to be chosen. */
export function ColumnList({ id, columns, count, tones, onColumn }: Props) {
  if (!count) return <p class="muted">None are known.</p>;
  return (
    <ul class="column-list">
      {columns.map((column) => (
        <li key={column}>
          <button type="button" class="link" aria-pressed={tones?.get(column) === "subject"} onClick={() => onColumn(id, column)}>
            <bdi>{column}</bdi>
          </button>
          {tones?.has(column) && <span class={`tag tag-${tones.get(column)}`}>{tones.get(column) === "subject" ? "chosen" : tones.get(column)}</span>}
        </li>
      ))}
      {count > columns.length && <li class="muted">and {count - columns.length} more</li>}
    </ul>
  );
}
