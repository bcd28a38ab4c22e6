// The API: one way to ask, one kind of error, and events as they come.
import { askKey, knownKey } from "./key.js";

/** What went wrong, in a sentence of the server's where it gave one. */
export class ApiError extends Error {
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

const UNREACHABLE = "The server does not answer. See whether it still runs, then try again.";
const BROKEN_OFF = "The answer broke off. Try again.";
let declined = false;

/** Ask for `address`. Throws ApiError, but not for the status `also`; AbortError where `signal`
 * says so. */
export async function send(method, address, { body, signal, keepalive, also } = {}) {
  for (;;) {
    const key = knownKey();
    const headers = { Accept: "application/json" };
    if (key) headers.Authorization = `Bearer ${key}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(address, {
        method, headers, signal, keepalive,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError("unreachable", UNREACHABLE);
    }
    if (response.status !== 401) return response.ok || response.status === also ? response : fail(response);
    if (knownKey() !== key) continue; // another question has got it meanwhile
    if ((declined && method === "GET") || !(await askKey(key !== null))) {
      declined = true;
      return fail(response);
    }
    declined = false;
  }
}

/** The same, as what the JSON says. */
export const get = async (address, options) => (await send("GET", address, options)).json();
export const patch = async (id, changes) => (await send("PATCH", itemAddress(id), { body: changes })).json();
export const itemAddress = (id, rest = "") => `api/v1/history/${encodeURIComponent(id)}${rest}`;

async function fail(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // an answer that is not ours, such as a proxy's
  }
  const { code = "unknown", detail } = problem;
  if (Array.isArray(detail)) {
    throw new ApiError(code, detail.map((each) => `${each.loc.at(-1)}: ${each.msg}`).join("; "));
  }
  throw new ApiError(code, detail ?? `The server answered ${response.status}. Try again.`);
}

/** The events of a stream, as {name, data}; its `error` event is thrown. */
export async function* events(address, body, signal) {
  const response = await send("POST", address, { body, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new ApiError("broken_off", BROKEN_OFF);
      text += value;
      let end;
      while ((end = text.indexOf("\n\n")) >= 0) {
        const event = read(text.slice(0, end));
        text = text.slice(end + 2);
        if (!event) continue;
        if (event.name === "error") throw new ApiError(event.data.code, event.data.detail);
        yield event;
        if (event.name === "final") return;
      }
    }
  } catch (error) {
    if (error instanceof ApiError || error.name === "AbortError") throw error;
    throw new ApiError("broken_off", BROKEN_OFF);
  }
}

function read(block) {
  const event = { name: "", data: null };
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event.name = line.slice(7);
    else if (line.startsWith("data: ")) event.data = JSON.parse(line.slice(6));
  }
  return event.data && event;
}
