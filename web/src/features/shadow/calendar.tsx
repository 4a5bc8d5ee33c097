// Would-be cuts by day and hour: a column a day, a cell an hour, so that rhythms show.
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

const two = (hour: number) => String(hour).padStart(2, "0");

export function Calendar(props: { cuts: readonly Cut[] }) {
  const { days, counts, most } = cellsOf(props.cuts);
  if (days.length === 0) return null;
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const every = days.length > 12 ? 7 : 1;
  return (
    <figure className="calendar">
      <figcaption>{text.shadow.calendar}</figcaption>
      <div className="calendar-scroll" tabIndex={0} role="region" aria-label={text.shadow.calendar}>
        <table>
          <thead>
            <tr>
              <th scope="col" aria-label={text.shadow.hour} />
              {days.map((day, at) => (
                <th key={day} scope="col">
                  {at === 0 || day.endsWith("-01") || at % every === 0 ? day.slice(5) : <span className="hidden">{day}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr key={hour}>
                <th scope="row">{hour % 6 === 0 ? `${two(hour)}:00` : <span className="hidden">{two(hour)}:00</span>}</th>
                {days.map((day) => {
                  const count = counts.get(`${day}T${two(hour)}`) ?? 0;
                  const heat = count === 0 ? 0 : 1 + Math.min(3, Math.floor((Math.log(count) / Math.log(most + 1)) * 4));
                  return (
                    <td key={day} data-heat={heat} title={count > 0 ? `${day} ${two(hour)}:00 UTC: ${number(count)}` : undefined}>
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
