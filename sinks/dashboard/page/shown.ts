// Bytes of a message as JSON can hold them: text, or what is no text in base64.
export type Shown = string | { base64: string } | null;

export function text(shown: Shown): string {
  if (shown === null) return "none";
  return typeof shown === "string" ? shown : `base64 ${shown.base64}`;
}

/** Return JSON with line breaks, anything else as it is. */
export function pretty(shown: Shown): string {
  try {
    return JSON.stringify(JSON.parse(text(shown)), null, 2);
  } catch {
    return text(shown);
  }
}
