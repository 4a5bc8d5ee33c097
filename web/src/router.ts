// Addresses of the app: a path for the page and a query for what is picked, so that every view has a URL.
import { useSyncExternalStore } from "react";

export type Page = "map" | "assets" | "shadow" | "findings" | "rules";
export const PAGES: readonly Page[] = ["map", "assets", "shadow", "findings", "rules"];

export type Location = { page: Page; rest: string | null; query: URLSearchParams };

export function parse(pathname: string, search: string): Location {
  const [first = "", ...more] = pathname.split("/").filter(Boolean);
  const page = PAGES.find((name) => name === first) ?? "map";
  return { page, rest: more.length > 0 ? decode(more.join("/")) : null, query: new URLSearchParams(search) };
}

export function href(page: Page, rest?: string, query?: Record<string, string>): string {
  const search = new URLSearchParams(query).toString();
  return `/${page}${rest === undefined ? "" : `/${encodeURIComponent(rest)}`}${search ? `?${search}` : ""}`;
}

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

export function useLocation(): Location {
  const url = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  const [pathname = "/", search = ""] = url.split("?", 2);
  return parse(pathname, search);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("popstate", changed);
  return () => window.removeEventListener("popstate", changed);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
