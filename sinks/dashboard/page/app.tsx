import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import "./style.css";
import { followLinks, PAGES, useAddress, type Page } from "./address.ts";
import { useFollowing, type Standing } from "./live.ts";
import { LineagePage } from "./lineage/lineage.tsx";
import { LivePage } from "./live-page.tsx";
import { RunsPage } from "./runs.tsx";
import { ModelsPage } from "./models.tsx";
import { AuditPage } from "./audit.tsx";
import { HealthPage } from "./health.tsx";
import { DeadLettersPage } from "./dead-letters.tsx";
import { told } from "./parts.tsx";
import { SearchBox } from "./search.tsx";

const VIEWS: Record<Page, typeof LineagePage> = {
  live: LivePage,
  lineage: LineagePage,
  runs: RunsPage,
  models: ModelsPage,
  audit: AuditPage,
  health: HealthPage,
  "dead-letters": DeadLettersPage,
};

const SAID: Record<Standing, string> = {
  connecting: "Connecting",
  live: "Live",
  lost: "Reconnecting",
  refused: "No token",
};

function App() {
  const address = useAddress();
  const View = VIEWS[address.page];
  const { standing, silent_since: silent } = useFollowing();
  useEffect(() => {
    document.addEventListener("click", followLinks);
    return () => document.removeEventListener("click", followLinks);
  }, []);
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="bar">
        <a class="brand" href="/">
          <img src="/assets/icon.svg" alt="" width="22" height="22" />
          Headwater
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([page, path, title]) => (
            <a key={page} href={path} aria-current={page === address.page ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <SearchBox />
        <Signal standing={standing} />
        <Theme />
      </header>
      {silent !== null && (
        <p class="banner" role="status">
          Kafka does not answer. What is shown is as of {told(new Date(silent))}; it goes on by itself.
        </p>
      )}
      <main id="main" tabIndex={-1} class={`page page-${address.page}`}>
        <View address={address} />
      </main>
    </>
  );
}

function Signal({ standing }: { standing: Standing }) {
  return (
    <span class={`signal signal-${standing}`} role="status">
      {SAID[standing]}
    </span>
  );
}

const THEMES = ["auto", "light", "dark"];

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem("headwater-theme") ?? "auto");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("headwater-theme", theme);
  }, [theme]);
  const after = (now: string) => THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  const mark = { auto: "◐", light: "☀", dark: "☾" }[theme];
  return (
    <button type="button" class="icon-button" aria-label={`Colours: ${theme}. Change to ${after(theme)}.`} title={`Colours: ${theme}`} onClick={() => setTheme(after)}>
      <span aria-hidden="true">{mark}</span>
    </button>
  );
}

document.documentElement.dataset.theme = localStorage.getItem("headwater-theme") ?? "auto";
const root = document.getElementById("app")!;
root.replaceChildren();
render(<App />, root);
