import { expect, test } from "vitest";
import { href, parse } from "./router";

test("every address reads back", () => {
  const check = (to: string, page: string, rest: string | null, pick: string | null) => {
    const [pathname = "", search = ""] = to.split("?", 2);
    const read = parse(pathname, search);
    expect([read.page, read.rest, read.query.get("pick")]).toEqual([page, rest, pick]);
  };
  check(href("map", undefined, { pick: "zone:a" }), "map", null, "zone:a");
  check(href("assets", "10.0.0.1/x y%"), "assets", "10.0.0.1/x y%", null);
  check("/", "map", null, null);
  check("/nowhere", "map", null, null);
  check("/assets/%zz", "assets", "%zz", null);
});
