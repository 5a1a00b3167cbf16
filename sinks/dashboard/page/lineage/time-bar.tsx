// As of when, or between which two times: only where something changed is a stop.
import { told } from "../parts.tsx";
import type { Asked, SetAsked } from "./asked.ts";

interface Props { said: Asked; changes: string[]; set: SetAsked }

export function TimeBar({ said, changes, set }: Props) {
  const last = changes.length;
  const compare = () => (said.comparing ? set({ before: null, after: null }) : set({ before: changes[0], after: changes[last - 1], as_of: null }));
  const slide = (name: "as_of" | "before" | "after", title: string) => (
    <Slide title={title} time={said[name]} stops={changes} now={!said.comparing} onTime={(time) => set({ [name]: time }, true)} />
  );
  return (
    <div class="time-bar" role="group" aria-label="Time">
      {said.comparing ? (
        <>
          {slide("before", "From")}
          {slide("after", "To")}
        </>
      ) : (
        slide("as_of", "As of")
      )}
      <button type="button" class="button button-quiet" aria-pressed={said.comparing} disabled={last < 2} onClick={compare}>
        {said.comparing ? "✕ compare" : "Compare two times"}
      </button>
      {said.as_of && !said.comparing && (
        <button type="button" class="button button-quiet" onClick={() => set({ as_of: null })}>
          Now
        </button>
      )}
      <datalist id="changes">
        {changes.map((_, n) => (
          <option key={n} value={n} />
        ))}
      </datalist>
    </div>
  );
}

interface SlideProps {
  title: string;
  time: string | null;
  stops: string[];
  /** Whether now comes after the last stop. */
  now: boolean;
  onTime: (time: string | null) => void;
}

function Slide({ title, time, stops, now, onTime }: SlideProps) {
  const place = time === null ? stops.length : Math.max(0, stops.findLastIndex((each) => Date.parse(each) <= Date.parse(time)));
  return (
    <label class="slide">
      <span>{title}</span>
      <input
        type="range"
        min={0}
        max={Math.max(0, stops.length - (now ? 0 : 1))}
        value={place}
        disabled={!stops.length}
        aria-valuetext={time ? told(time) : "now"}
        list="changes"
        onInput={(event) => onTime(stops[Number(event.currentTarget.value)] ?? null)}
      />
      <output>{time ? told(time) : "now"}</output>
    </label>
  );
}
