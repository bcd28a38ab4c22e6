// The line that says who answers, and what does not work, with the mend.
import { get } from "./api.js";
import { byId, counted, make } from "./dom.js";

const line = byId("state");
/** Whether improvements are kept; without a history nothing can be refined, starred or found. */
export let keepsHistory = true;

let isFirst = true;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

function answers({ backend, model, model_ready, reason }) {
  if (backend === "offline") return `Offline backend, no model (${reason})`;
  return `${model} · ${backend} (${reason})${model_ready ? "" : "; it is being loaded"}`;
}

function* problems(health, repository) {
  const failure = health.last_model_failure;
  if (failure) yield `At ${clock.format(new Date(failure.at))} the model failed. ${failure.detail}`;
  if (repository.status === "disabled") {
    yield "No history is kept. Set SQLITE_ENABLED=true to keep one.";
  }
  if (repository.status === "unhealthy") yield repository.reason;
  const { spooled = 0, dropped = 0 } = repository.saves ?? {};
  if (spooled) {
    yield `${counted(spooled, "improvement waits", "improvements wait")} in the spool; ` +
      "the history takes them in when it can be written again.";
  }
  if (dropped) yield `${counted(dropped, "improvement", "improvements")} could not be kept. Copy what you need.`;
}

/** Ask again, and show what the server says of itself. */
export async function refreshState() {
  let told, bad;
  try {
    const [health, repository] = await Promise.all([get("health"), get("health/repository", { also: 503 })]);
    if (repository.status === "unhealthy" && isFirst) {
      // It may be read for the first time just now, which takes a moment.
      repository.status = "unknown";
      setTimeout(refreshState, 1000);
    }
    isFirst = false;
    keepsHistory = repository.status !== "disabled";
    told = answers(health);
    bad = [...problems(health, repository)];
  } catch (error) {
    told = "";
    bad = [error.message];
  }
  line.replaceChildren(
    make("p", { class: "who", title: told }, told),
    ...bad.map((text) => make("p", { class: "notice" }, text)),
  );
  document.body.classList.toggle("without-history", !keepsHistory);
}
