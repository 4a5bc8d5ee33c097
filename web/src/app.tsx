// The frame around every page: what site this is, where one can go, and the page itself.
import { lazy, Suspense } from "react";
import { useSite } from "./api/client";
import { AssetsPage } from "./features/assets/page";
import { FindingsPage } from "./features/findings/page";
import { RulesPage } from "./features/rules/page";
import { ShadowPage } from "./features/shadow/page";
import { Link } from "./parts/link";
import { href, type Page, PAGES, useLocation } from "./router";
import { text } from "./text";
import { chooseTheme, useTheme } from "./theme";

const MapPage = lazy(() => import("./features/map/page"));

export function App() {
  const location = useLocation();
  return (
    <>
      <a className="skip" href="#content">
        {text.skip}
      </a>
      <Header page={location.page} />
      <main id="content" tabIndex={-1} data-page={location.page}>
        <Suspense fallback={<div className="state">{text.loading}</div>}>{page(location.page, location.rest)}</Suspense>
      </main>
    </>
  );
}

function page(name: Page, rest: string | null) {
  switch (name) {
    case "map":
      return <MapPage />;
    case "assets":
      return <AssetsPage id={rest} />;
    case "shadow":
      return <ShadowPage />;
    case "findings":
      return <FindingsPage />;
    case "rules":
      return <RulesPage />;
  }
}

function Header(props: { page: Page }) {
  const site = useSite();
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header className="top">
      <Link to={href("map")} className="brand">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <span>{text.product}</span>
      </Link>
      <div className="site">
        {site.data && (
          <>
            <strong>{site.data.name}</strong>
            <span className="chip">{text.stage[site.data.stage] ?? site.data.stage}</span>
          </>
        )}
      </div>
      <nav aria-label="Pages">
        {PAGES.map((name) => (
          <Link key={name} to={href(name)} current={props.page === name}>
            {text.nav[name]}
          </Link>
        ))}
      </nav>
      <button type="button" className="icon-button" aria-label={text.theme[other]} title={text.theme[other]} onClick={() => chooseTheme(other)}>
        <span aria-hidden="true">{theme === "dark" ? "☀" : "☾"}</span>
      </button>
    </header>
  );
}
