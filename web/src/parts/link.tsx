// A link within the app: a real anchor, so that opening in a new tab works.
import type { MouseEvent, ReactNode } from "react";
import { go } from "../router";

export function Link(props: { to: string; children: ReactNode; className?: string; current?: boolean; title?: string }) {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(props.to);
  };
  return (
    <a
      href={props.to}
      onClick={follow}
      className={props.className}
      title={props.title}
      aria-current={props.current ? "page" : undefined}
    >
      {props.children}
    </a>
  );
}
