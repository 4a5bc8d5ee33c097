// Would-be cuts by day and hour: a row a day, a cell an hour, so that rhythms show.
import type { Cut } from "../../api/types";
import { number } from "../../parts/words";
import { text } from "../../text";

export type Cell = { day: string; hour: number; count: number };

const DAY_MS = 86_400_000;

/** Every day from the first to the last, with its counts by hour. At most 400 days are drawn. */
export function cellsOf(cuts: readonly Cut[]): { days: string[]; counts: Map<string, number>; most: number } {
  const counts = new Map<string, number>();
  for (const cut of cuts) {
    for (const hour of cut.hours) {
      const key = hour.start.slice(0, 13);
      counts.set(key, (counts.get(key) ?? 0) + hour.count);
    }
  }
  const keys = [...counts.keys()].sort();
  const [first, last] = [keys[0]?.slice(0, 10), keys.at(-1)?.slice(0, 10)];
  const days: string[] = [];
  if (first && last) {
    for (let day = Date.parse(first); day <= Date.parse(last) && days.length < 400; day += DAY_MS) {
      days.push(new Date(day).toISOString().slice(0, 10));
    }
  }
  return { days, counts, most: Math.max(1, ...counts.values()) };
}

export function Calendar(props: { cuts: readonly Cut[] }) {
  const { days, counts, most } = cellsOf(props.cuts);
  if (days.length === 0) return null;
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  return (
    <figure className="calendar">
      <figcaption>{text.shadow.calendar}</figcaption>
      <div className="calendar-scroll" tabIndex={0} role="region" aria-label={text.shadow.calendar}>
        <table>
          <thead>
            <tr>
              <th scope="col" aria-label="Day" />
              {hours.map((hour) => (
                <th key={hour} scope="col">
                  {hour % 6 === 0 ? String(hour).padStart(2, "0") : ""}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                {hours.map((hour) => {
                  const count = counts.get(`${day}T${String(hour).padStart(2, "0")}`) ?? 0;
                  const heat = count === 0 ? 0 : 1 + Math.min(3, Math.floor((Math.log(count) / Math.log(most + 1)) * 4));
                  return (
                    <td key={hour} data-heat={heat} title={count > 0 ? `${day} ${String(hour).padStart(2, "0")}:00 UTC: ${number(count)}` : undefined}>
                      {count > 0 && <span className="hidden">{count}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
