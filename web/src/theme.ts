// Light or dark: the system's preference until the person chooses.
import { useSyncExternalStore } from "react";

type Theme = "light" | "dark";
const KEY = "cofferdam-theme";

function chosen(): Theme | null {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : null;
}

function current(): Theme {
  return chosen() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = current();
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  window.dispatchEvent(new Event("cofferdam-theme"));
}

export function useTheme(): Theme {
  return useSyncExternalStore((changed) => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const update = () => {
      applyTheme();
      changed();
    };
    system.addEventListener("change", update);
    window.addEventListener("cofferdam-theme", changed);
    return () => {
      system.removeEventListener("change", update);
      window.removeEventListener("cofferdam-theme", changed);
    };
  }, current);
}
