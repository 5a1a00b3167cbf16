// Questions to the query API, and why there is no answer.
import { useLayoutEffect, useState } from "preact/hooks";

const TOKEN = "headwater-token";

export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly remedy: string | null = null,
  ) {
    super(message);
  }
}

export function token(): string | null {
  return sessionStorage.getItem(TOKEN);
}

export function signIn(given: string): void {
  sessionStorage.setItem(TOKEN, given);
}

export function headers(): Record<string, string> {
  const given = token();
  return given ? { authorization: `Bearer ${given}` } : {};
}

export type Asked = Record<string, string | number | boolean | string[] | null | undefined>;

/** Return the path of a question; values that are null or undefined are left out. */
export function path(question: string, asked: Asked = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") query.append(name, String(each));
    }
  }
  const text = query.toString();
  return `/api/v1${question}${text ? `?${text}` : ""}`;
}

export async function ask<T>(question: string, asked: Asked = {}, init: RequestInit = {}): Promise<T> {
  return (await answered(question, asked, init)).json() as Promise<T>;
}

/** Return an answer as it came.
 *
 * @throws {Problem} Where there is none.
 */
export async function answered(question: string, asked: Asked = {}, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path(question, asked), { ...init, headers: { ...headers(), ...init.headers } });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new Problem("unreachable", "the server does not answer", "See whether it runs: `headwater status`.");
  }
  if (response.ok) return response;
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const { error } = await response.json();
    return new Problem(error.code, error.message, error.remedy);
  } catch {
    return new Problem("failed", `the server answered with status ${response.status}`);
  }
}

export interface Answer<T> {
  value: T | null;
  problem: Problem | null;
  loading: boolean;
}

/** Ask a question, and again whenever it or `again` changes; null asks nothing. */
export function useAnswer<T>(question: string | null, asked: Asked = {}, again: unknown = 0): Answer<T> {
  const key = question === null ? null : path(question, asked);
  const [answer, setAnswer] = useState<Answer<T> & { key: string | null }>({ value: null, problem: null, loading: key !== null, key });
  // Not after the first paint: what is asked for early comes early.
  useLayoutEffect(() => {
    if (question === null) return setAnswer({ value: null, problem: null, loading: false, key });
    const stop = new AbortController();
    setAnswer((old) => ({ value: old.key === key ? old.value : null, problem: null, loading: true, key }));
    ask<T>(question, asked, { signal: stop.signal }).then(
      (value) => setAnswer({ value, problem: null, loading: false, key }),
      (problem) => stop.signal.aborted || setAnswer({ value: null, problem, loading: false, key }),
    );
    return () => stop.abort();
  }, [key, again]);
  return answer.key === key ? answer : { value: null, problem: null, loading: key !== null };
}
