// Figures of the history as drawings, each with the SQL that gives the same.
import { get } from "./api.js";
import { byId, counted, draw, make } from "./dom.js";

const DAYS = 30;
const [WIDTH, HEIGHT, FOOT] = [420, 96, 18];
const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const seconds = (ms) => (ms === null ? "–" : `${number(ms / 1000)} s`);

/** Bars of the last days; `series` has [name, value of a day], stacked from below. */
function daily(title, days, series) {
  const total = (day) => series.reduce((sum, [, of]) => sum + of(day), 0);
  const most = Math.max(1, ...days.map(total));
  const step = WIDTH / days.length;
  const bars = days.flatMap((day, index) => {
    let top = HEIGHT;
    return series.map(([name, of], place) => {
      const height = (of(day) / most) * (HEIGHT - 14);
      top -= height;
      return draw("rect", { x: index * step + 1, y: top, width: step - 2, height, class: `series-${place}` },
        draw("title", {}, `${day.day}: ${number(of(day))} ${name}`));
    });
  });
  return draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: "img", "aria-label": `${title}, a bar a day; at most ${number(most)}` },
    draw("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT, class: "axis" }),
    ...bars,
    draw("text", { x: 0, y: 10 }, `at most ${number(most)}`),
    draw("text", { x: 0, y: HEIGHT + 14 }, days[0].day),
    draw("text", { x: WIDTH, y: HEIGHT + 14, "text-anchor": "end" }, days.at(-1).day));
}

/** A bar for each of `rows`: [name, value]. */
function shares(title, rows) {
  const most = Math.max(1, ...rows.map(([, value]) => value));
  return draw("svg", { viewBox: `0 0 ${WIDTH} ${rows.length * 28}`, role: "img", "aria-label": `${title}: ${rows.map(([name, value]) => `${name} ${number(value)}`).join(", ")}` },
    rows.map(([name, value], place) => [
      draw("text", { x: 0, y: place * 28 + 18 }, name),
      draw("rect", { x: 84, y: place * 28 + 4, width: (value / most) * (WIDTH - 150), height: 20, class: "series-0" }),
      draw("text", { x: 90 + (value / most) * (WIDTH - 150), y: place * 28 + 18 }, number(value)),
    ]));
}

const figure = (title, told, drawing, sql) =>
  make("figure", {},
    make("figcaption", {}, make("strong", {}, title), told && make("span", { class: "hint" }, ` ${told}`)),
    drawing,
    make("code", { class: "sql" }, sql));

/** The last days, oldest first, with those on which nothing was done. */
function lastDays(known) {
  const nothing = { improvements: 0, input_tokens: 0, output_tokens: 0, average_latency_ms: null };
  const byDay = new Map(known.map((day) => [day.day, day]));
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(Date.now() - (DAYS - 1 - index) * 86_400_000).toISOString().slice(0, 10);
    return byDay.get(day) ?? { ...nothing, day };
  });
}

function figures({ total, starred, rated_good: good, rated_bad: bad, backends, days: known }) {
  const days = lastDays(known);
  return [
    figure("Improvements a day", `${counted(total.improvements, "improvement", "improvements")} in all`,
      daily("Improvements a day", days, [["improvements", (day) => day.improvements]]),
      "SELECT day, improvements FROM daily_usage"),
    figure("Backends", "", shares("Backends", Object.entries(backends).map(([name, usage]) => [name, usage.improvements])),
      "SELECT backend, improvements FROM backend_usage"),
    figure("Tokens a day", `${number(total.input_tokens)} read, ${number(total.output_tokens)} written by models`,
      daily("Tokens a day", days, [["tokens written", (day) => day.output_tokens], ["tokens read", (day) => day.input_tokens]]),
      "SELECT day, input_tokens, output_tokens FROM daily_usage"),
    figure("Seconds an improvement", `${seconds(total.average_latency_ms)} on average`,
      daily("Seconds an improvement", days, [["s", (day) => (day.average_latency_ms ?? 0) / 1000]]),
      "SELECT day, average_latency_ms / 1000 FROM daily_usage"),
    figure("Starred and rated", "", shares("Starred and rated", [["Starred", starred], ["Rated good", good], ["Rated bad", bad]]),
      "SELECT starred, rating, COUNT(*) FROM kept_improvements GROUP BY starred, rating"),
  ];
}

/** Ask for them when they are opened, and each time anew. */
export function startFigures() {
  const details = byId("figures");
  const place = details.querySelector("div");
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      place.replaceChildren(...figures(await get("api/v1/statistics")));
    } catch (error) {
      place.replaceChildren(make("p", { class: "hint" }, error.message));
    }
  });
}
