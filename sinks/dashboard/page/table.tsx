import type { ComponentChildren } from "preact";

export interface Column<T> {
  title: ComponentChildren;
  number?: boolean;
  cell: (row: T) => ComponentChildren;
}

interface Props<T> {
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T, n: number) => string;
  /** The row that the rest of the page is about. */
  chosen?: (row: T) => boolean;
  /** What has just come, and is lit up for a moment. */
  fresh?: (row: T) => boolean;
}

/** A table that scrolls sideways in a window too narrow for it. */
export function Table<T>({ columns, rows, keyOf, chosen, fresh }: Props<T>) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            {columns.map(({ title, number }, n) => (
              <th key={n} scope="col" class={number ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={keyOf(row, n)} aria-current={chosen?.(row) ? "true" : undefined} class={fresh?.(row) ? "fresh" : undefined}>
              {columns.map(({ number, cell }, place) => (
                <td key={place} class={number ? "number" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
